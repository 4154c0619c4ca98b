import { expect, test } from "vitest";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { Row, Session } from "../../../controller/core/ports/postgres.ts";
import { takePlaceAndDrop, undeleted } from "../../../controller/resources/backup/restore/replaced.ts";
import { virtualClock } from "../../support/fake-clock.ts";
import { desiredBackup } from "./kit.ts";

const { signal } = new AbortController();
const [sibling, before] = ["shop_dev.restore_0123abcd", "shop_dev.deleted_0123abcd"];
const lost = new PoststackError("POSTGRES_CONNECTION_LOST", { what: "the connection was lost" });
const refused = new PoststackError(
  "POSTGRES_QUERY",
  { what: "cannot drop a template database" },
  { cause: { sqlState: "42809" } },
);

/** A server that hears each statement, and then fails at the first that contains the words. */
function world(words: string, error: Error) {
  const heard: string[] = [];
  const hear = (text: string): Promise<readonly Row[]> => {
    if (text.includes("rename to")) heard.push("change of names");
    if (text.startsWith("drop database")) heard.push(text);
    return words !== "" && text.includes(words) ? Promise.reject(error) : Promise.resolve([]);
  };
  const session = {
    pid: 1,
    query: hear,
    async pipeline(texts: readonly string[]) {
      for (const text of texts) await hear(text);
      return [];
    },
    close: () => Promise.resolve(),
  } as unknown as Session;
  const open = (): Promise<Session> => Promise.resolve(session);
  const ports = { clock: virtualClock(), server: { maintenance: open, login: open, admin: open } } as unknown as Ports;
  const places = { endpoint: desiredBackup({}).endpoint, sibling, before, fence: 1 };
  return { heard, run: () => takePlaceAndDrop(places, ports, signal) };
}

const dropped = `drop database "${before}" with (force)`;

test("what had the place is dropped once it is taken", async () => {
  const { heard, run } = world("", lost);
  expect(await run()).toBeUndefined();
  expect(heard).toEqual(["change of names", dropped]);
});

test.each([refused, lost])(
  "a place that is taken stays taken when what had it cannot be dropped: %s",
  async (error) => {
    const { run } = world("drop database", error);
    expect(undeleted(await run())).toBe(`which could not be deleted (${error.message})`);
  },
);

test.each<[what: string, words: string, error: PoststackError, expected: readonly string[]]>([
  ["nothing is dropped when the server refuses the change of names", "rename to", refused, ["change of names"]],
  [
    "it is dropped when the answer to that was lost, which may have been yes",
    "rename to",
    lost,
    ["change of names", dropped],
  ],
])("%s", async (_what, words, error, expected) => {
  const { heard, run } = world(words, error);
  await expect(run()).rejects.toMatchObject({ code: error.code });
  expect(heard).toEqual(expected);
});
