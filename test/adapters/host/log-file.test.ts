import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { stage, untilWritten, type Stage } from "./stage.ts";

const limitBytes = 10 * 1024 * 1024;

describe("rotation", () => {
  test("a log up to 10 MiB stays", async () => {
    const { one, log } = prepared(limitBytes);
    await one.host.start(one.script("exec sleep 1000"), one.signal);
    expect(existsSync(`${log}.1`)).toBe(false);
  });

  test("at a start a larger log moves away, up to three of them", async () => {
    const { one, log } = prepared(limitBytes + 1);
    for (const number of [1, 2, 3]) writeFileSync(`${log}.${number}`, `old ${number}`);
    const spec = one.script("echo new; exec sleep 1000");
    await one.host.start(spec, one.signal);
    await untilWritten(one, spec, "new\n");
    expect(one.output(spec)).toBe("new\n");
    expect(statSync(`${log}.1`).size).toBe(limitBytes);
    expect(readFileSync(`${log}.1`, "utf8").endsWith("last\n")).toBe(true);
    expect(statSync(`${log}.1`).mode & 0o777).toBe(0o600);
    expect([2, 3].map((number) => readFileSync(`${log}.${number}`, "utf8"))).toEqual(["old 1", "old 2"]);
    expect([`${log}.4`, `${log}.partial`].map((path) => existsSync(path))).toEqual([false, false]);
  });

  test("at each pass, and the running program goes on at the start of the emptied file", async () => {
    const one = stage();
    const spec = one.script(
      `head -c ${limitBytes + 10} /dev/zero | tr '\\0' x; echo; echo full; while ! test -e go; do sleep 0.02; done; echo after; exec sleep 1000`,
    );
    await one.host.start(spec, one.signal);
    await untilWritten(one, spec, "full\n");
    await one.host.processes(one.signal);
    expect(one.output(spec)).toBe("");
    writeFileSync(join(one.directory, "go"), "");
    await untilWritten(one, spec, "after\n");
    expect(one.output(spec)).toBe("after\n");
    expect(readFileSync(`${spec.logFile}.1`, "utf8").endsWith("x\nfull\n")).toBe(true);
  });

  test("a copy that somebody else is making is waited for by nobody, and an old one is cleared away", async () => {
    const { one, log } = prepared(limitBytes + 1);
    writeFileSync(`${log}.partial`, "");
    await one.host.start(one.script("exec sleep 1000"), one.signal);
    expect(existsSync(`${log}.1`)).toBe(false);
    utimesSync(`${log}.partial`, 0, 0);
    await one.host.processes(one.signal);
    await one.host.processes(one.signal);
    expect(statSync(`${log}.1`).size).toBe(limitBytes);
  });

  test("a log that is a link is not followed", async () => {
    const one = stage();
    const spec = one.script("echo owned");
    mkdirSync(dirname(spec.logFile), { recursive: true });
    symlinkSync(join(one.directory, "victim"), spec.logFile);
    await expect(one.host.start(spec, one.signal)).rejects.toThrow("ELOOP");
    expect(existsSync(join(one.directory, "victim"))).toBe(false);
    expect(await one.host.processes(one.signal)).toEqual([]);
  });
});

describe("tail", () => {
  test.each<[string, string, number, readonly string[]]>([
    ["the last lines", "one\ntwo\nthree\n", 2, ["two", "three"]],
    ["all of a short file", "one\n", 20, ["one"]],
    ["a last line without its end", "one\ntwo", 1, ["two"]],
    ["empty lines count", "one\n\n\n", 2, ["", ""]],
    ["nothing of an empty file", "", 20, []],
    ["no line that began before the part that was read", `${"é".repeat(50_000)}\nlast\n`, 20, ["last"]],
  ])("%s", (_name, text, lines, expected) => {
    const one = stage();
    writeFileSync(join(one.directory, "log"), text);
    expect(one.host.tail(join(one.directory, "log"), lines)).toEqual(expected);
  });

  test("of one endless line, its end", () => {
    const one = stage();
    writeFileSync(join(one.directory, "log"), `${"x".repeat(1_000_000)}end`);
    const [line = "", ...others] = one.host.tail(join(one.directory, "log"), 20);
    expect([line.length, line.endsWith("xend"), others]).toEqual([64 * 1024, true, []]);
  });

  test.each<[string, number, readonly string[]]>([
    ["after what was there before", 7, ["new"]],
    ["after all of it", 11, []],
    ["of a file that was rotated since, all of it", 12, ["before", "new"]],
  ])("from a byte on: %s", (_name, from, expected) => {
    const one = stage();
    writeFileSync(join(one.directory, "log"), "before\nnew\n");
    expect(one.host.tail(join(one.directory, "log"), 20, from)).toEqual(expected);
  });

  test("of a file that is not there, nothing", () => {
    expect(stage().host.tail("/no/such/log", 20)).toEqual([]);
  });

  test("while the file grows, no line is half", async () => {
    const one = stage();
    const spec = one.script("seq 1 200000; exec sleep 1000");
    await one.host.start(spec, one.signal);
    await vi.waitFor(() => expect(one.host.tail(spec.logFile, 1)).toEqual(["200000"]), { timeout: 20_000 });
  });
});

/** A log of that many bytes whose last line is `last`. */
function prepared(bytes: number): { readonly one: Stage; readonly log: string } {
  const one = stage();
  const log = one.script("").logFile;
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, `${"x".repeat(bytes - 5)}last\n`);
  return { one, log };
}
