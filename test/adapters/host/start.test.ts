import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { host } from "../../../controller/adapters/host.ts";
import { marksOf, ownerOf } from "../../../controller/adapters/host/environment.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { SpawnSpec } from "../../../controller/core/ports/host.ts";
import { Secret, type Text } from "../../../controller/core/secret.ts";
import { isAlive, stage, untilWritten } from "./stage.ts";

const starter = new URL("starter.ts", import.meta.url).pathname;
const root = new URL("../../..", import.meta.url).pathname;

describe("a started process", () => {
  test("outlives the command that started it, and a later command knows it", () => {
    const { directory, host, signal } = stage();
    const args = ["--import", "tsx", starter, directory, join(directory, "web.log"), "exec sleep 1000"];
    const pid = Number(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" }));
    expect(isAlive(pid)).toBe(true);
    return expect(host.processes(signal)).resolves.toMatchObject([{ resource: "process:web", pid, running: true }]);
  });

  test("has a session of its own, so that Ctrl-C in our terminal does not reach it", async () => {
    const { host, signal, script } = stage();
    const { pid } = await host.start(script("exec sleep 1000"), signal);
    const [, , group, session] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    expect([group, session]).toEqual([`${pid}`, `${pid}`]);
  });

  test("writes to a log that only its owner can read, also when the file was there with looser rights", async () => {
    const one = stage();
    const spec = one.script("echo out; echo err >&2; exec sleep 1000");
    mkdirSync(join(one.directory, "logs"));
    writeFileSync(spec.logFile, "before\n", { mode: 0o644 });
    await one.host.start(spec, one.signal);
    await untilWritten(one, spec, "before\nout\nerr\n");
    expect(statSync(spec.logFile).mode & 0o777).toBe(0o600);
  });

  test("gets its environment and the marks, nothing of ours, and no variable can stand in for a mark", async () => {
    const one = stage();
    process.env["POSTSTACK_TEST_LEAK"] = "leaked";
    const environment = new Map([
      ["PATH", process.env["PATH"] ?? ""],
      ["__proto__", "kept"],
      ["POSTSTACK_RESOURCE", "process:other"],
    ]);
    const spec = one.script("env; echo done; exec sleep 1000", { resource: "process:__proto__", environment });
    const { resource } = await one.host.start(spec, one.signal);
    delete process.env["POSTSTACK_TEST_LEAK"];
    await untilWritten(one, spec, "done\n");
    expect(resource).toBe("process:__proto__");
    expect(one.output(spec)).toContain("__proto__=kept\n");
    expect(one.output(spec)).toContain("POSTSTACK_RESOURCE=process:__proto__\n");
    expect(one.output(spec)).not.toContain("leaked");
    expect(await one.host.processes(one.signal)).toMatchObject([{ resource: "process:__proto__", running: true }]);
  });

  test("gets a secret in its environment; record, arguments and log do not", async () => {
    const one = stage();
    const environment = new Map<string, Text>([
      ["PATH", process.env["PATH"] ?? ""],
      ["DB_PASSWORD", new Secret("canary-4711")],
    ]);
    const spec = one.script('test "$DB_PASSWORD" = canary-"4711" && echo known; exec sleep 1000', {
      environment,
      fields: new Map([["secrets/DB_PASSWORD", "3fa9"]]),
    });
    const { pid } = await one.host.start(spec, one.signal);
    await untilWritten(one, spec, "known\n");
    const record = readFileSync(join(one.directory, "processes", "web.json"), "utf8");
    expect(record + readFileSync(`/proc/${pid}/cmdline`, "utf8") + one.output(spec)).not.toContain("canary-4711");
    expect(statSync(join(one.directory, "processes", "web.json")).mode & 0o777).toBe(0o600);
  });

  test("is recorded but not accepted before it was found ready", async () => {
    const { host, signal, script } = stage();
    const record = await host.start(script("exec sleep 1000"), signal);
    expect(await host.processes(signal)).toMatchObject([{ accepted: false, running: true }]);
    host.accept(record);
    expect(await host.processes(signal)).toMatchObject([{ accepted: true, running: true }]);
  });

  test("tells its exit code to the command that started it", async () => {
    const { host, signal, script } = stage();
    const record = await host.start(script("exit 7"), signal);
    await vi.waitFor(() => expect(host.inspect(record)).toEqual({ running: false, exitCode: 7 }), { timeout: 30_000 });
  });
});

describe("starting again", () => {
  test("ten starts of one name at once give one process", async () => {
    const { host, signal, script, alive } = stage();
    const spec = script("exec sleep 1000");
    const records = await Promise.all(Array.from({ length: 10 }, () => host.start(spec, signal)));
    expect(new Set(records.map(({ pid }) => pid)).size).toBe(1);
    expect(alive("process:web")).toEqual([records[0]?.pid]);
  });

  test("an accepted process with the same configuration is left alone, also by another command", async () => {
    const { host: first, directory, log, signal, script } = stage();
    const record = await first.start(script("exec sleep 1000"), signal);
    first.accept(record);
    const second = await host({ directory, clock, log }).start(script("exec sleep 1000"), signal);
    expect(second.pid).toBe(record.pid);
  });

  test("one that nobody saw become ready is ended and started anew", async () => {
    const { host: first, directory, log, signal, script, alive } = stage();
    const record = await first.start(script("exec sleep 1000"), signal);
    const second = await host({ directory, clock, log }).start(script("exec sleep 1000"), signal);
    expect(second.pid).not.toBe(record.pid);
    expect(alive()).toEqual([second.pid]);
  });

  test("after a kill between start and record, the process that no record tells of is ended first", async () => {
    const { host, directory, signal, script, alive } = stage();
    const { pid } = await host.start(script("sleep 1000 & exec sleep 1000"), signal);
    rmSync(join(directory, "processes", "web.json"));
    const again = await host.start(script("exec sleep 1000"), signal);
    expect(isAlive(pid)).toBe(false);
    expect(alive()).toEqual([again.pid]);
  });

  test("a process that executes one program after the other is found between two of them", async () => {
    const one = stage();
    const path = join(one.directory, "restless");
    writeFileSync(path, 'echo . >> steps\nexec sh "$0"\n');
    for (let round = 0; round < 20; round++) {
      const { pid } = await one.host.start(
        one.script("", { command: ["sh", path], configHash: "restless" }),
        one.signal,
      );
      await vi.waitFor(() => expect(existsSync(join(one.directory, "steps"))).toBe(true), { timeout: 30_000 });
      rmSync(join(one.directory, "steps"));
      rmSync(join(one.directory, "processes", "web.json"));
      await one.host.start(one.script("exec sleep 1000"), one.signal);
      expect(isAlive(pid)).toBe(false);
    }
  });

  test("a start that was only announced is seen as not running, and stopping it ends what it left", async () => {
    const { host, directory, signal, script, alive } = stage();
    await host.start(script("exec sleep 1000"), signal);
    rewriteRecord(directory, { pid: 0, startTime: "" });
    const [record, ...others] = await host.processes(signal);
    expect(record).toMatchObject({ pid: 0, running: false, accepted: false });
    expect(others).toEqual([]);
    if (record !== undefined) await host.stop(record, signal);
    expect(alive()).toEqual([]);
    expect(await host.processes(signal)).toEqual([]);
  });

  test("the marks of another environment are not ours", async () => {
    const [one, other] = [stage(), stage()];
    const { pid } = await other.host.start(other.script("exec sleep 1000"), other.signal);
    await one.host.start(one.script("exec sleep 1000"), one.signal);
    expect(isAlive(pid)).toBe(true);
  });
});

test("a command that runs inside one of our processes carries its marks and does not end itself", () => {
  const { directory, alive } = stage();
  const args = ["--import", "tsx", starter, directory, join(directory, "web.log"), "exec sleep 1000"];
  const env = { ...process.env, ...Object.fromEntries(marksOf("process:web", ownerOf(directory))) };
  const pid = Number(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", env }));
  expect(alive()).toContain(pid);
});

describe("what cannot be started", () => {
  test.each<[string, (directory: string) => void, Partial<SpawnSpec>, RegExp]>([
    [
      "a program that PATH does not have",
      () => undefined,
      { command: ["no-such-program"] },
      /"no-such-program" does not/,
    ],
    ["a program that is not there", () => undefined, { command: ["./program"] }, /"\.\/program" does not exist/],
    ["a folder", folder, { command: ["./folder"] }, /does not exist/],
    ["a file that may not be run", file("#!/bin/sh\n", 0o600), { command: ["./program"] }, /program may not be run/],
    [
      "a #! line without its program",
      file("#!/no/such\n", 0o700),
      { command: ["./program"] },
      /cannot be executed \(ENOENT\)/,
    ],
    [
      "a working directory that is not there",
      () => undefined,
      { cwd: "/no/such/folder" },
      /\/no\/such\/folder does not exist/,
    ],
    ["arguments beyond the system's limit", () => undefined, { command: ["sh", "x".repeat(200_000)] }, /\(E2BIG\)/],
  ])("%s is COMMAND_MISSING and leaves nothing", async (_name, prepare, more, what) => {
    const { host, directory, signal, script, alive } = stage();
    prepare(directory);
    const place = { file: "Procfile", line: 3, column: 1 };
    const error: unknown = await host.start(script("", { ...more, place }), signal).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PoststackError);
    const { facts } = error as PoststackError;
    expect(facts).toMatchObject({ code: "COMMAND_MISSING", what: expect.stringMatching(what) as string, where: place });
    expect(await host.processes(signal)).toEqual([]);
    expect(alive()).toEqual([]);
  });

  test("a missing program ends nothing that runs", async () => {
    const { host, signal, script } = stage();
    const { pid } = await host.start(script("exec sleep 1000"), signal);
    await expect(host.start(script("", { command: ["no-such-program"] }), signal)).rejects.toThrow("does not exist");
    expect(isAlive(pid)).toBe(true);
  });
});

describe("records", () => {
  test.each<[string, (text: string) => string]>([
    ["empty", () => ""],
    ["half", (text) => text.slice(0, 100)],
    ["null", () => "null"],
    ["a list", () => "[]"],
    ["1 MB of nonsense", () => "x".repeat(1024 * 1024)],
    ["of a newer version", (text) => change(text, "version", 2)],
    ["with the pid as text", (text) => change(text, "pid", "1")],
    ["with pid -1, which would mean everybody", (text) => change(text, "pid", -1)],
    ["with a signal that does not exist", (text) => change(text, "stopSignal", "SIGNOTHING")],
    ["with no grace", (text) => change(text, "stopGraceMs", null)],
    ["with a date that is none", (text) => change(text, "startedAt", "yesterday")],
    ["with fields that are no texts", (text) => change(text, "fields", { a: 1 })],
    ["with an empty command", (text) => change(text, "command", [])],
    ["of another name", (text) => change(text, "resource", "process:other")],
  ])("a record that is %s is left out and logged, and the others are seen", async (_name, spoil) => {
    const { host, directory, signal, script, warnings } = stage();
    await host.start(script("exec sleep 1000"), signal);
    await host.start(script("exec sleep 1000", { resource: "process:worker.2" }), signal);
    const path = join(directory, "processes", "web.json");
    writeFileSync(path, spoil(readFileSync(path, "utf8")));
    expect((await host.processes(signal)).map(({ resource }) => resource)).toEqual(["process:worker.2"]);
    expect(warnings).toEqual(["process record is not one"]);
  });

  test("a name with a separator stays in the folder", async () => {
    const { host, directory, signal, script } = stage();
    await host.start(script("exec sleep 1000", { resource: "process:../../x" }), signal);
    expect(existsSync(join(directory, "processes", "..%2F..%2Fx.json"))).toBe(true);
  });
});

function rewriteRecord(directory: string, change: object): void {
  const path = join(directory, "processes", "web.json");
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), ...change }));
}

function folder(directory: string): void {
  mkdirSync(join(directory, "folder"));
}

function file(text: string, mode: number): (directory: string) => void {
  return (directory) => {
    writeFileSync(join(directory, "program"), text);
    chmodSync(join(directory, "program"), mode);
  };
}

const change = (text: string, key: string, value: unknown): string =>
  JSON.stringify({ ...(JSON.parse(text) as object), [key]: value });
