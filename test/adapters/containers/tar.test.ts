import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { tarEnd, tarEntry, type TarEntry } from "../../../controller/adapters/containers/tar.ts";

const entry = (more: Partial<TarEntry>): TarEntry => ({
  path: "a",
  type: "file",
  mode: 0o640,
  content: Buffer.from("x"),
  ...more,
});

/** What another program reads: `-rw-r----- 0/0 1 1970-01-01 00:00:00 a`. */
const listed = (...entries: readonly Partial<TarEntry>[]): readonly string[] =>
  execFileSync("tar", ["--list", "--verbose", "--numeric-owner", "--full-time", "--utc", "--file", "-"], {
    input: Buffer.concat([...entries.map((one) => tarEntry(entry(one))), tarEnd()]),
    encoding: "utf8",
  })
    .trim()
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " "));

describe("an archive says to another program", () => {
  test.each<[string, Partial<TarEntry>, string]>([
    ["nothing of this machine by itself", {}, "-rw-r----- 0/0 1 1970-01-01 00:00:00 a"],
    ["owners", { uid: 999, gid: 998 }, "-rw-r----- 999/998 1 1970-01-01 00:00:00 a"],
    ["the last owner of seven digits", { uid: 8 ** 7 - 1 }, "-rw-r----- 2097151/0 1 1970-01-01 00:00:00 a"],
    ["the first of eight", { uid: 8 ** 7, gid: 8 ** 7 }, "-rw-r----- 2097152/2097152 1 1970-01-01 00:00:00 a"],
    [
      "those of user namespaces",
      { uid: 4294967294, gid: 16777216 },
      "-rw-r----- 4294967294/16777216 1 1970-01-01 00:00:00 a",
    ],
    ["a time", { modifiedAt: 1_700_000_000 }, "-rw-r----- 0/0 1 2023-11-14 22:13:20 a"],
    ["a time before 1970", { modifiedAt: -1 }, "-rw-r----- 0/0 1 1969-12-31 23:59:59 a"],
    ["a time that no file has yet", { modifiedAt: 8 ** 11 }, "-rw-r----- 0/0 1 2242-03-16 12:56:32 a"],
    ["a long name", { path: "n".repeat(101) }, `-rw-r----- 0/0 1 1970-01-01 00:00:00 ${"n".repeat(101)}`],
  ])("%s", (_what, given, expected) => {
    expect(listed(given)).toEqual([expected]);
  });

  test("what is large in one entry is not in the next", () => {
    expect(listed({ uid: 2 ** 31, modifiedAt: -1 }, { path: "b" })[1]).toBe("-rw-r----- 0/0 1 1970-01-01 00:00:00 b");
  });
});
