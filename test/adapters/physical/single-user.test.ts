import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { readyBinaries } from "../../../controller/adapters/embedded/binaries.ts";
import type { Programs } from "../../../controller/adapters/embedded/cluster.ts";
import { inSingleUserMode } from "../../../controller/adapters/embedded/physical/single-user.ts";
import { serverUser, type ServerUser } from "../../../controller/adapters/embedded/server-user.ts";
import { projectRoot } from "../../support/build.ts";
import { sandbox, type Sandbox } from "../../support/embedded.ts";

// In a cluster that no server runs on.
const none = new Map<string, string>();
const answer = "select 'done'::text as answer";
let box: Sandbox;
let data: string;
let user: ServerUser;
let programs: Programs;

beforeAll(async () => {
  box = await sandbox(17);
  await box.servers.create(box.spec, box.admin, none, box.signal);
  data = (await box.servers.observe(box.spec, box.signal)).dataDirectory;
  user = serverUser(data);
  const { bin, major } = await readyBinaries(17, user, { root: projectRoot, environment: process.env }, box.signal);
  programs = { bin, major, environment: { LC_ALL: "C" } };
}, 60_000);
afterAll(() => box.dispose());

const run = (statements: readonly string[], signal = box.signal, database = "postgres"): Promise<string> =>
  inSingleUserMode({ folder: data, database, isLasting: false }, statements, programs, user, signal);

test("statements of several lines run, the last row is the answer, and what they did stays", async () => {
  expect(await run(["create table kept as\n\tselect 'a \"word\"' as text", "select text as answer\nfrom kept"])).toBe(
    'a "word"',
  );
  expect(await run([`select json_build_object('n', count(*), 'tab', e'\\t')::text as answer from kept`])).toBe(
    String.raw`{"n" : 1, "tab" : "\t"}`,
  );
  expect(existsSync(join(data, "postmaster.pid"))).toBe(false);
});

test.each<[string, readonly string[], string | undefined]>([
  ["a statement that fails", ["alter role nobody password 'canary'", answer], undefined],
  ["no answer", ["create table other ()"], undefined],
  ["no such database", [answer], "none"],
])("%s is told, and of what was sent nothing", async (_what, statements, database) => {
  const error: unknown = await run(statements, box.signal, database).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "BACKUP_BROKEN" });
  expect(JSON.stringify((error as { readonly facts: unknown }).facts)).not.toContain("canary");
});

test("nobody waits for one that is not wanted any more", async () => {
  const abort = new AbortController();
  const running = run(["select pg_sleep(3600)", answer], abort.signal);
  abort.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  // And it is gone: two on one cluster would refuse each other.
  expect(await run([answer])).toBe("done");
});

test("a program that cannot be run is told", async () => {
  const none = { ...programs, bin: join(box.project, "none") };
  const where = { folder: data, database: "postgres", isLasting: false };
  await expect(inSingleUserMode(where, [answer], none, user, box.signal)).rejects.toMatchObject({
    code: "POSTGRES_START",
    message: expect.stringContaining("cannot be run") as unknown,
  });
});

const hasNetwork = process.env["POSTSTACK_TEST_NETWORK"] === "1";
if (!hasNetwork) console.warn("SKIPPED: PostgreSQL 13 from npm; POSTSTACK_TEST_NETWORK=1 runs it");

test.skipIf(!hasNetwork)(
  "the superuser of PostgreSQL 13, whose initdb cuts what it reads, has the whole password",
  async () => {
    const old = await sandbox(13);
    onTestFinished(() => old.dispose());
    await old.servers.create(old.spec, old.admin, none, old.signal);
    await old.servers.start(old.spec, old.admin, old.signal);
    expect(await old.ask("show server_version")).toMatch(/^13\./);
  },
  300_000,
);
