import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { logFiles } from "../../controller/adapters/log-files.ts";
import type { LogFiles } from "../../controller/core/ports/machine.ts";

let folder: string;
let logs: LogFiles;
const write = (path: string, text: string | Buffer): string => {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "poststack-test-"));
  logs = logFiles(folder);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

test("what is no log is not listed; the newest comes first", () => {
  for (const path of [
    "postgres.log",
    "postgres.log.1",
    "state.json",
    "logs/processes/web.2.log",
    "logs/processes/web.10.log",
    "logs/processes/web.10.log.2",
    "logs/processes/web.10.log.1",
    "logs/processes/web.10.log.partial",
    "logs/jobs/seed-20260101T000000000Z.log",
    "logs/jobs/seed-20260202T000000000Z.log",
    "logs/jobs/a-b-20260202T000000000Z.log",
    "logs/jobs/notes.txt",
  ]) {
    write(path, "x\n");
  }
  mkdirSync(join(folder, "logs/processes/folder.log"));
  const shown = logs
    .list()
    .map(({ category, name, rotation, run }) => [category, name, rotation ?? run ?? ""].join(" "));
  expect(shown).toEqual([
    "process web.2 ",
    "process web.10 ",
    "process web.10 1",
    "process web.10 2",
    "job a-b 20260202T000000000Z",
    "job seed 20260202T000000000Z",
    "job seed 20260101T000000000Z",
    "postgres postgres ",
    "postgres postgres 1",
  ]);
});

describe("tail", () => {
  const long = "ä".repeat(40_000);
  test.each<[string, string, number, readonly string[], boolean]>([
    ["the last ones", "a\nb\nc\n", 2, ["b", "c"], false],
    ["all where there are fewer", "a\nb\n", 5, ["a", "b"], false],
    ["none", "a\n", 0, [], false],
    ["an empty file has none", "", 3, [], false],
    ["one empty line is a line", "\n", 3, [""], false],
    ["a line that has not ended", "a\nb", 2, ["a", "b"], true],
    ["lines longer than what is read at once", `first\n${long}\n${long}\nlast\n`, 3, [long, long, "last"], false],
  ])("%s", (_what, text, count, lines, isPartial) => {
    const file = write("postgres.log", text);
    const result = logs.tail(file, count);
    expect(result).toMatchObject({ lines, isPartial });
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    expect(result.endBytes).toBe(Buffer.byteLength(whole));
  });

  test("a file that is not there has none", () => {
    expect(logs.tail(join(folder, "nothing"), 3)).toEqual({ lines: [], endBytes: 0, isPartial: false });
  });
});

test("reading goes on where it ended, and begins anew when the file was cut", () => {
  const file = write("postgres.log", "one\n");
  const first = logs.readFrom(file, 0);
  expect([first.bytes.toString(), first.endBytes]).toEqual(["one\n", 4]);
  expect(logs.readFrom(file, 4).bytes.length).toBe(0);
  appendFileSync(file, "two\n");
  expect(logs.readFrom(file, 4).bytes.toString()).toBe("two\n");
  truncateSync(file, 0);
  appendFileSync(file, "new\n");
  const cut = logs.readFrom(file, 8);
  expect([cut.bytes.toString(), cut.endBytes]).toEqual(["new\n", 4]);
  rmSync(file);
  expect(logs.readFrom(file, 4)).toEqual({ bytes: Buffer.alloc(0), endBytes: 0 });
});

test.skipIf(process.platform !== "linux")("knows which files some program has open", () => {
  const [held, left] = [write("a.log", ""), write("b.log", "")];
  const descriptor = openSync(held, "a");
  try {
    expect(logs.openOnes([held, left])).toEqual(new Set([held]));
  } finally {
    closeSync(descriptor);
  }
});
