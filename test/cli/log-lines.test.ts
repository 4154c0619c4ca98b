import { describe, expect, test } from "vitest";
import { instantAt, instantOf, merged, timedLines, type LogLine } from "../../controller/cli/logs/line.ts";

describe("the moment that a text begins with", () => {
  test.each<[string, string | undefined]>([
    ["2026-11-20T08:00:00.123456789Z hello", "2026-11-20T08:00:00.123456789Z"],
    // Engines leave out zeros at the end of a fraction.
    ["2026-11-20T08:00:00.12Z", "2026-11-20T08:00:00.120000000Z"],
    ["2026-11-20T08:00:00Z", "2026-11-20T08:00:00.000000000Z"],
    ["2026-11-20T10:00:00.5+02:00 hello", "2026-11-20T08:00:00.500000000Z"],
    ["2026-11-20 08:00:00.123 UTC [14] LOG:  ready", "2026-11-20T08:00:00.123000000Z"],
    ["[2026-11-20 08:00:00,5 +0000] started", "2026-11-20T08:00:00.500000000Z"],
    // Where it is eight o'clock, nothing tells.
    ["2026-11-20 08:00:00 hello", undefined],
    ["2026-13-40T08:00:00Z", undefined],
    ["hello 2026-11-20T08:00:00Z", undefined],
    ["", undefined],
  ])("%j", (text, expected) => {
    expect(instantOf(text)).toBe(expected);
  });

  test("is written as a clock's", () => {
    expect(instantAt(new Date("2026-11-20T08:00:00.120Z"))).toBe(instantOf("2026-11-20T08:00:00.12Z"));
  });
});

const line = (name: string, at: string | undefined, text: string): LogLine => ({ name, category: "process", at, text });

test("a line without a time has that of the line before it", () => {
  const lines = ["began", "2026-11-20T08:00:00Z failed:", "  at line 1", "2026-11-20T08:00:01Z gone"];
  expect(timedLines(lines, { name: "web", category: "process" }).map(({ at }) => at?.slice(17, 19))).toEqual([
    undefined,
    "00",
    "00",
    "01",
  ]);
});

test("several logs are one by time, each in its own order, and what has no time comes first", () => {
  const web = [line("web", "2", "a"), line("web", "4", "b"), line("web", "3", "c")];
  const db = [line("db", undefined, "x"), line("db", "1", "y"), line("db", "4", "z")];
  const all = merged([web, db]);
  expect(all.map(({ text }) => text).join("")).toBe("xyabcz");
  expect(merged([])).toEqual([]);
});
