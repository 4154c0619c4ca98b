import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { expect, test } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { hostLock } from "../../controller/adapters/host-lock.ts";
import { projectRoot } from "../support/build.ts";

const signal = new AbortController().signal;
const unique = (): string => randomBytes(8).toString("hex");

test("a second writer waits, is told who holds the lock, and gets it afterwards", async () => {
  const name = unique();
  const first = await hostLock(clock, "first writer").take(name, 0, () => undefined, signal);
  const told: string[] = [];
  const second = hostLock(clock, "second writer").take(name, 60_000, (holder) => told.push(holder), signal);
  await expect.poll(() => told).toEqual(["first writer"]);
  await first.release();
  await (await second).release();
});

test("waiting ends with LOCK_HELD, naming the holder", async () => {
  const name = unique();
  const first = await hostLock(clock, "apply dev, pid 7").take(name, 0, () => undefined, signal);
  const error: unknown = await hostLock(clock, "second")
    .take(name, 0, () => undefined, signal)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "LOCK_HELD", message: expect.stringContaining("apply dev, pid 7") as string });
  await first.release();
});

test("a holder that is killed frees the lock", async () => {
  const name = unique();
  const script = `
    import { clock } from "./controller/adapters/clock.ts";
    import { hostLock } from "./controller/adapters/host-lock.ts";
    await hostLock(clock, "victim").take(${JSON.stringify(name)}, 0, () => {}, new AbortController().signal);
    console.log("held");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { cwd: projectRoot });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  const lock = await hostLock(clock, "heir").take(name, 30_000, () => undefined, signal);
  await lock.release();
});

test("ten at once hold it one after another", async () => {
  const name = unique();
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const lock = await hostLock(clock, `writer ${index}`).take(name, 60_000, () => undefined, signal);
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      await lock.release();
    }),
  );
  expect(most).toBe(1);
});
