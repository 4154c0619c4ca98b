import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { logFiles } from "../../controller/adapters/log-files.ts";
import { currentLogs, follow } from "../../controller/cli/log-view.ts";
import type { Clock } from "../../controller/core/ports.ts";

interface Stage {
  readonly server: string;
  /** Another log of the environment. */
  readonly other: string;
}

/** What is shown when, between two looks, one step after the other happens to real files; after the last one it stops. */
async function shown(
  atFirst: string,
  steps: readonly ((stage: Stage) => void)[],
  options: { readonly lines?: number } = {},
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "poststack-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const stage = { server: join(folder, "postgres.log"), other: join(folder, "logs", "processes", "web.log") };
  writeFileSync(stage.server, atFirst);
  const logs = logFiles(folder);
  const stop = new AbortController();
  const left = [...steps];
  const clock: Clock = {
    nowMs: () => 0,
    date: () => new Date(0),
    random: () => 0,
    sleep: () => {
      const step = left.shift();
      if (step === undefined) stop.abort();
      else step(stage);
      return Promise.resolve();
    },
  };
  const lines: string[] = [];
  await follow(logs, {
    list: () => currentLogs(logs.list()),
    lines: options.lines ?? 10,
    emit: ({ name }, line) => lines.push(`${name}: ${line}`),
    stop: stop.signal,
    clock,
  });
  return lines;
}

const append =
  (text: string | Buffer) =>
  ({ server }: Stage): void =>
    appendFileSync(server, text);

test.each<[string, string, readonly ((stage: Stage) => void)[], readonly string[]]>([
  ["a half line is shown once it is whole", "one\nha", [append("lf\n")], ["postgres: one", "postgres: half"]],
  ["and as it is when it never becomes whole", "one\nha", [append("l")], ["postgres: one", "postgres: hal"]],
  [
    "half a line and what follows a cut are not one line",
    "one\n",
    [
      append("some half line"),
      ({ server }) => {
        truncateSync(server, 0);
        appendFileSync(server, "new\n");
      },
    ],
    ["postgres: one", "postgres: new"],
  ],
  [
    "a letter of two bytes may arrive in two pieces",
    "",
    [append(Buffer.from([0xc3])), append(Buffer.from([0xa4, 0x0a]))],
    ["postgres: ä"],
  ],
  ["empty lines are lines", "", [append("\n\n")], ["postgres: ", "postgres: "]],
  [
    "a file that is gone and comes back is read from its start",
    "one\n",
    [({ server }) => rmSync(server), append("two\n")],
    ["postgres: one", "postgres: two"],
  ],
])("%s", async (_what, atFirst, steps, expected) => {
  expect(await shown(atFirst, steps)).toEqual(expected);
});

test("a log that begins meanwhile is shown from its start", async () => {
  const begin = ({ other }: Stage): void => {
    mkdirSync(dirname(other), { recursive: true });
    writeFileSync(other, "hello\n");
  };
  expect(await shown("one\n", [begin, append("two\n")])).toEqual(["postgres: one", "web: hello", "postgres: two"]);
});

test("only the last lines of what was there", async () => {
  expect(await shown("1\n2\n3\n", [append("4\n")], { lines: 1 })).toEqual(["postgres: 3", "postgres: 4"]);
  expect(await shown("1\n2\n3\n", [append("4\n")], { lines: 0 })).toEqual(["postgres: 4"]);
});

test("whatever is written between two looks is shown in full", async () => {
  const many = Array.from({ length: 300_000 }, (_, index) => `line ${index}`);
  const lines = await shown("", [append(`${many.join("\n")}\n`)]);
  expect(lines.length).toBe(many.length);
  expect(lines.at(-1)).toBe(`postgres: ${many.at(-1)}`);
});

test("a line that does not end is shown in parts", async () => {
  const lines = await shown("", [append("x".repeat(100_000)), append("y\n")]);
  expect(lines).toEqual([`postgres: ${"x".repeat(100_000)}`, "postgres: y"]);
});
