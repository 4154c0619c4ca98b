import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { isAlive, stage, untilWritten } from "./stage.ts";

test("stop ends the whole group, grandchildren too, and forgets the process", async () => {
  const one = stage();
  const spec = one.script("sh -c 'sleep 1000 & sleep 1000' & echo up; exec sleep 1000");
  const record = await one.host.start(spec, one.signal);
  await vi.waitFor(() => expect(one.alive().length).toBe(4), { timeout: 10_000 });
  await one.host.stop(record, one.signal);
  expect(one.alive()).toEqual([]);
  expect(await one.host.processes(one.signal)).toEqual([]);
});

test("stop also ends what left the group, where the system shows its marks", async () => {
  const one = stage();
  const record = await one.host.start(one.script("setsid sleep 1000 & exec sleep 1000"), one.signal);
  await vi.waitFor(() => expect(one.alive().length).toBe(2), { timeout: 10_000 });
  await one.host.stop(record, one.signal);
  expect(one.alive()).toEqual([]);
});

test("a process that gets the signal ends in its own way", async () => {
  const one = stage();
  const spec = one.script("trap 'echo bye; exit 0' INT; echo up; while :; do sleep 0.05; done", {
    stopSignal: "SIGINT",
  });
  const record = await one.host.start(spec, one.signal);
  await untilWritten(one, spec, "up\n");
  await one.host.stop(record, one.signal);
  expect(one.output(spec)).toBe("up\nbye\n");
});

test("a process that ignores the signal is killed after the grace", async () => {
  const one = stage();
  const spec = one.script("trap '' TERM; echo up; while :; do sleep 0.05; done", { stopGraceMs: 200 });
  const record = await one.host.start(spec, one.signal);
  await untilWritten(one, spec, "up\n");
  await one.host.stop(record, one.signal);
  expect(one.alive()).toEqual([]);
});

test("stopping twice, and stopping what is gone, is success", async () => {
  const { host, signal, script } = stage();
  const record = await host.start(script("exec sleep 1000"), signal);
  await Promise.all([host.stop(record, signal), host.stop(record, signal)]);
  await host.stop(record, signal);
  expect(await host.processes(signal)).toEqual([]);
});

test("a pid that now belongs to somebody else is not ours: not running, and never signalled", async () => {
  const { host, directory, signal, script } = stage();
  const { pid } = await host.start(script("exit 0"), signal);
  const foreign = bystander();
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 30_000 });
  const path = join(directory, "processes", "web.json");
  const stored = JSON.parse(readFileSync(path, "utf8")) as { readonly startTime: string };
  // Both began within one tick of the clock here; a pid takes longer than that to come round.
  const startTime = stored.startTime.replace(/^\d+/, "1");
  writeFileSync(path, JSON.stringify({ ...stored, startTime, pid: foreign.pid }));
  const [record] = await host.processes(signal);
  expect(record).toMatchObject({ pid: foreign.pid, running: false });
  if (record !== undefined) await host.stop(record, signal);
  expect(await host.processes(signal)).toEqual([]);
  expect([foreign.exitCode, foreign.signalCode]).toEqual([null, null]);
});

test("an old record's stop leaves the process alone that has taken its place", async () => {
  const { host, signal, script } = stage();
  const old = await host.start(script("exec sleep 1000"), signal);
  await host.stop(old, signal);
  const present = await host.start(script("exec sleep 1000"), signal);
  await host.stop(old, signal);
  expect(await host.processes(signal)).toMatchObject([{ pid: present.pid, running: true }]);
});

test("a group whose leader has ended is not running, and its rest is ended by stop", async () => {
  const { host, signal, script, alive } = stage();
  const record = await host.start(script("sleep 1000 & sleep 1000 &"), signal);
  await vi.waitFor(async () => expect(await host.processes(signal)).toMatchObject([{ running: false }]), {
    timeout: 30_000,
  });
  expect(alive().length).toBe(2);
  await host.stop(record, signal);
  expect(alive()).toEqual([]);
});

test("a zombie is not running", async () => {
  const { host, directory, signal, script } = stage();
  await host.start(script("exit 0"), signal);
  // `exec` gives the shell's child a parent that never waits for it.
  const parent = bystander("sleep 0 & echo $!; exec sleep 1000");
  const [text] = (await once(parent.stdout ?? parent, "data")) as [Buffer];
  const pid = Number(text.toString());
  await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(") Z "), { timeout: 30_000 });
  const path = join(directory, "processes", "web.json");
  const record = JSON.parse(readFileSync(path, "utf8")) as { startTime: string };
  const ticks = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
  const startTime = record.startTime.replace(/^\d+/, String(ticks));
  writeFileSync(path, JSON.stringify({ ...record, pid, startTime }));
  expect(await host.processes(signal)).toMatchObject([{ pid, running: false }]);
});

test("a wait for the end can be aborted", async () => {
  const one = stage();
  const spec = one.script("trap '' TERM; echo up; while :; do sleep 0.05; done", { stopGraceMs: 60_000 });
  const record = await one.host.start(spec, one.signal);
  await untilWritten(one, spec, "up\n");
  const controller = new AbortController();
  const stopping = one.host.stop(record, controller.signal);
  controller.abort(new Error("enough"));
  await expect(stopping).rejects.toThrow("enough");
  expect(await one.host.processes(one.signal)).toMatchObject([{ running: true }]);
});

/** A process that is not ours, ended with the test. */
function bystander(text = "exec sleep 1000"): ChildProcess {
  const child = spawn("sh", ["-c", text], { stdio: ["ignore", "pipe", "ignore"], detached: true });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}
