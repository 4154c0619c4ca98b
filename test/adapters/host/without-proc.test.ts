import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { stage } from "./stage.ts";

// Systems without /proc are asked through `ps`, whose columns are the same here: only the platform's name is staged.
const real = Object.getOwnPropertyDescriptor(process, "platform") ?? {};
beforeAll(() => void Object.defineProperty(process, "platform", { ...real, value: "darwin" }));
afterAll(() => void Object.defineProperty(process, "platform", real));

test("a process is known by pid and the date of its start, and its group is ended", async () => {
  const { host, signal, script, alive } = stage();
  const record = await host.start(script("sleep 1000 & exec sleep 1000"), signal);
  expect(record.startTime).toMatch(/^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}$/);
  expect(await host.processes(signal)).toMatchObject([{ running: true, startTime: record.startTime }]);
  await vi.waitFor(() => expect(alive().length).toBe(2), { timeout: 30_000 });
  await host.stop(record, signal);
  expect([alive(), await host.processes(signal)]).toEqual([[], []]);
});

test("a process that has ended is not running", async () => {
  const { host, signal, script } = stage();
  const record = await host.start(script("exit 0"), signal);
  await vi.waitFor(() => expect(host.inspect(record)).toEqual({ running: false, exitCode: 0 }), { timeout: 30_000 });
});

test("a pid that now belongs to somebody else is never signalled", async () => {
  const { host, directory, signal, script } = stage();
  const foreign = spawn("sleep", ["1000"], { stdio: "ignore", detached: true });
  onTestFinished(() => void foreign.kill("SIGKILL"));
  await host.start(script("exit 0"), signal);
  const path = join(directory, "processes", "web.json");
  const stored = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...stored, startTime: "Thu Jan  1 00:00:00 1970", pid: foreign.pid }));
  const [record] = await host.processes(signal);
  expect(record).toMatchObject({ pid: foreign.pid, running: false });
  if (record !== undefined) await host.stop(record, signal);
  expect([foreign.exitCode, foreign.signalCode]).toEqual([null, null]);
});

test("nothing is put back, because no environment is shown", async () => {
  const { host, signal, script } = stage();
  const record = await host.start(script("exec sleep 1000"), signal);
  expect(host.specOf(record)).toBeUndefined();
  await host.stop(record, signal);
});
