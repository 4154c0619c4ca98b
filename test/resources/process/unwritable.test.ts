import { spawnSync } from "node:child_process";
import { mkdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { host as makeHost } from "../../../controller/adapters/host.ts";
import { clock } from "../../../controller/adapters/clock.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import { apply } from "../../../controller/resources/process/apply.ts";
import { diff } from "../../../controller/resources/process/diff.ts";
import type { DesiredProcess } from "../../../controller/resources/process/model.ts";
import { observe } from "../../../controller/resources/process/observe.ts";
import { isAlive, stage } from "../../adapters/host/stage.ts";
import { desired, portsOver } from "./stage.ts";

const { signal } = new AbortController();
const run = (program: string, ...args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: "ignore" }).status === 0;

interface SmallDisk {
  readonly ports: Ports;
  readonly directory: string;
  /** Where the process works, outside the small disk. */
  readonly outside: string;
  /** Its pids, looked for without the code under test. */
  readonly pids: readonly number[];
}

/** A state directory on a disk of its own, with a process that runs. Undefined where nothing can be mounted. */
async function onSmallDisk(web: (outside: string) => DesiredProcess): Promise<SmallDisk | undefined> {
  const { directory: outside, log } = stage();
  const directory = join(outside, "disk");
  mkdirSync(directory);
  if (!run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory)) return undefined;
  const host = makeHost({ directory, clock, log });
  const ports = portsOver(directory, host, log);
  await pass([web(outside)], ports);
  const pids = (await host.processes(signal)).map(({ pid }) => pid);
  onTestFinished(async () => {
    // Also after a failure: the disk's own filling, what was started instead, a second mount.
    spawnSync("rm", ["-f", join(directory, "filler")]);
    await pass([], ports).catch(() => undefined);
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    while (run("umount", "-l", directory));
  });
  return { ports, directory, outside, pids };
}

const script =
  (text: string, more: Partial<DesiredProcess> = {}) =>
  (cwd: string): DesiredProcess =>
    desired({
      command: ["sh", "-c", text],
      cwd,
      configHash: text,
      environment: new Map([["PATH", process.env["PATH"] ?? ""]]),
      fields: new Map([["command", text]]),
      ...more,
    });

/** A second, read-only mount over the first: that one has open files, and cannot be made read-only. Returns its undoing. */
function makeReadOnly(directory: string): () => void {
  expect(run("mount", "--bind", directory, directory) && run("mount", "-o", "remount,bind,ro", directory)).toBe(true);
  return () => expect(run("umount", "-l", directory)).toBe(true);
}

async function pass(wanted: readonly DesiredProcess[], ports: Ports): Promise<readonly string[]> {
  const actions = diff(wanted, await observe(wanted, ports, signal));
  for (const action of actions) await apply(action, ports, signal);
  return actions.map(({ verb }) => verb);
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => (error instanceof PoststackError ? error.facts : error),
  );

const old = script("exec sleep 1000");
const changed = script("exec sleep 2000");

test("on a full disk a changed process is not replaced, the old one goes on, and room is enough", async ({ skip }) => {
  const disk = await onSmallDisk(old);
  if (disk === undefined) {
    skip("NO TMPFS CAN BE MOUNTED HERE");
    return;
  }
  const { ports, directory, outside, pids } = disk;
  fill(directory);
  expect(await failure(pass([changed(outside)], ports))).toMatchObject({
    code: "DISK_FULL",
    what: expect.not.stringContaining("started again") as unknown,
  });
  expect(pids.map(isAlive)).toEqual([true]);
  // A full disk takes nothing from the right to stop.
  expect(await pass([{ ...old(outside), to: "stopped" }], ports)).toEqual(["stop"]);
  expect(pids.map(isAlive)).toEqual([false]);
  expect(await failure(pass([old(outside)], ports))).toMatchObject({ code: "DISK_FULL" });
  spawnSync("rm", [join(directory, "filler")]);
  expect(await pass([changed(outside)], ports)).toEqual(["start"]);
  expect(await pass([{ ...changed(outside), to: "stopped" }], ports)).toEqual(["stop"]);
});

test.each([
  ["replaced", (outside: string) => [changed(outside)]],
  ["stopped", (outside: string) => [{ ...old(outside), to: "stopped" as const }]],
  ["taken away", () => []],
])("on a read-only file system a process is not %s", async (_word, wishes) => {
  const disk = await onSmallDisk(old);
  if (disk === undefined) return console.warn("NO TMPFS CAN BE MOUNTED HERE: a read-only disk is not tested");
  const { ports, directory, outside, pids } = disk;
  const makeWritable = makeReadOnly(directory);
  expect(await failure(pass(wishes(outside), ports))).toMatchObject({
    code: "STATE_UNWRITABLE",
    next: expect.stringContaining("read-only") as unknown,
  });
  expect(pids.map(isAlive)).toEqual([true]);
  makeWritable();
  await pass([], ports);
  expect(pids.map(isAlive)).toEqual([false]);
});

test("a disk that fills up while the new one gets ready: it goes on, and the next pass says what is wrong", async ({
  skip,
}) => {
  const disk = await onSmallDisk(old);
  if (disk === undefined) {
    skip("NO TMPFS CAN BE MOUNTED HERE");
    return;
  }
  const { ports, directory, outside } = disk;
  const filling = script(`dd if=/dev/zero of=${directory}/filler bs=4k 2> /dev/null; touch ready; exec sleep 2000`, {
    ready: { type: "command", command: ["test", "-e", "ready"] },
  });
  expect(await failure(pass([filling(outside)], ports))).toMatchObject({ code: "DISK_FULL" });
  const [now] = await ports.host.processes(signal);
  expect(now).toMatchObject({ running: true, accepted: false });
  expect(await failure(pass([filling(outside)], ports))).toMatchObject({ code: "DISK_FULL" });
  expect(isAlive(now?.pid ?? 0)).toBe(true);
  await pass([], ports);
  expect(isAlive(now?.pid ?? 0)).toBe(false);
});

function fill(disk: string): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, "filler"), Buffer.alloc(bavail * bsize));
}
