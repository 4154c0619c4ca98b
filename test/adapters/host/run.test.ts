import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { isAlive, stage, untilWritten } from "./stage.ts";

const resource = "job:seed";
const longMs = 60_000;

test.each<[string, string, object]>([
  ["success", "echo done", { exitCode: 0, signal: undefined, timedOut: false }],
  ["failure", "exit 3", { exitCode: 3, signal: undefined, timedOut: false }],
  ["a signal", "kill -KILL $$", { exitCode: undefined, signal: "SIGKILL", timedOut: false }],
])("run tells of %s", async (_name, text, expected) => {
  const { host, signal, script } = stage();
  const result = await host.run(script(text, { resource }), longMs, signal);
  expect(result).toMatchObject(expected);
  expect(result.durationMs).toBeGreaterThanOrEqual(0);
});

test("all output is in the log when run returns", async () => {
  const one = stage();
  const spec = one.script("seq 1 50000", { resource });
  await one.host.run(spec, longMs, one.signal);
  expect(one.output(spec).split("\n").length).toBe(50_001);
});

test("a timeout ends the whole group", async () => {
  const { host, signal, script, alive } = stage();
  const result = await host.run(script("sleep 1000 & exec sleep 1000", { resource }), 100, signal);
  expect(result).toMatchObject({ timedOut: true, exitCode: undefined, signal: "SIGTERM" });
  expect(alive()).toEqual([]);
});

test("a timeout of a month does not end the job at once", async () => {
  const { host, signal, script } = stage();
  const result = await host.run(script("sleep 0.1", { resource }), 31 * 24 * 3_600_000, signal);
  expect(result).toMatchObject({ timedOut: false, exitCode: 0 });
});

test("an abort ends the whole group and is what run throws", async () => {
  const one = stage();
  const controller = new AbortController();
  const spec = one.script("sleep 1000 & echo up; sleep 1000", { resource });
  const running = one.host.run(spec, longMs, controller.signal);
  await untilWritten(one, spec, "up\n");
  controller.abort(new Error("stopped by hand"));
  await expect(running).rejects.toThrow("stopped by hand");
  expect(one.alive()).toEqual([]);
});

test("what a job leaves in the background ends with it", async () => {
  const { host, signal, script, alive } = stage();
  const result = await host.run(script("sleep 1000 & exit 0", { resource }), longMs, signal);
  expect(result.exitCode).toBe(0);
  expect(alive()).toEqual([]);
});

test("a job has no record: it is no process of the environment", async () => {
  const { host, signal, script } = stage();
  await host.run(script("exit 0", { resource }), longMs, signal);
  expect(await host.processes(signal)).toEqual([]);
});

test("what a killed command left of a job is ended before the job runs again", async () => {
  const one = stage();
  const root = new URL("../../..", import.meta.url).pathname;
  const starter = new URL("starter.ts", import.meta.url).pathname;
  const logFile = join(one.directory, "logs", "first.log");
  const args = ["--import", "tsx", starter, one.directory, logFile, "echo up; exec sleep 1000", "run"];
  const command = spawn(process.execPath, args, { cwd: root, stdio: "ignore" });
  onTestFinished(() => void command.kill("SIGKILL"));
  await untilWritten(one, one.script("", { logFile }), "up\n");
  command.kill("SIGKILL");
  await once(command, "exit");
  const [leftover = 0, ...others] = one.alive(resource);
  expect([isAlive(leftover), others]).toEqual([true, []]);
  const again = one.script(`grep -q ') [^ZX]' /proc/${leftover}/stat && echo two at once`, { resource });
  await one.host.run(again, longMs, one.signal);
  expect(one.output(again)).not.toContain("two at once");
  expect(isAlive(leftover)).toBe(false);
});

test("two jobs run at the same time, one job only once at a time", async () => {
  const one = stage();
  const first = one.script("echo up; while ! test -e go; do sleep 0.02; done; echo end", { resource: "job:a" });
  const other = one.script("touch go", { resource: "job:b" });
  const running = one.host.run(first, longMs, one.signal);
  const again = one.host.run(first, longMs, one.signal);
  await untilWritten(one, first, "up\n");
  await one.host.run(other, longMs, one.signal);
  await Promise.all([running, again]);
  expect(one.output(first)).toBe("up\nend\nup\nend\n");
  await vi.waitFor(() => expect(one.alive()).toEqual([]), { timeout: 30_000 });
});
