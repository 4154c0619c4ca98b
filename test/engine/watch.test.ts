import { expect, test } from "vitest";
import { wakeable } from "../../controller/engine/watch.ts";

/** A pass that ends when it is told to. */
function stagedPasses(): {
  pass: () => Promise<void>;
  finish: () => void;
  started: () => number;
  overlapped: () => boolean;
} {
  const ends: (() => void)[] = [];
  let started = 0;
  let running = 0;
  let overlapped = false;
  return {
    pass: async () => {
      started++;
      overlapped ||= ++running > 1;
      await new Promise<void>((resolve) => ends.push(resolve));
      running--;
    },
    finish: () => ends.shift()?.(),
    started: () => started,
    overlapped: () => overlapped,
  };
}

test("a burst during a pass costs one more pass, and none runs beside another", async () => {
  const { pass, finish, started, overlapped } = stagedPasses();
  const wake = wakeable(pass);
  const done = wake();
  await expect.poll(started).toBe(1);
  for (let event = 0; event < 100; event++) void wake();
  finish();
  await expect.poll(started).toBe(2);
  finish();
  await done;
  expect(started()).toBe(2);
  expect(overlapped()).toBe(false);
});

test("a wake after the end starts again", async () => {
  const { pass, finish, started } = stagedPasses();
  const wake = wakeable(pass);
  for (const expected of [1, 2, 3]) {
    const done = wake();
    await expect.poll(started).toBe(expected);
    finish();
    await done;
  }
});

test("a pass that throws does not end the waking", async () => {
  let passes = 0;
  const wake = wakeable(() => (++passes === 1 ? Promise.reject(new Error("broken")) : Promise.resolve()));
  await expect(wake()).rejects.toThrow("broken");
  await wake();
  expect(passes).toBe(2);
});
