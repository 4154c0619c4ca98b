import { afterEach, expect, test, vi } from "vitest";
import { countdown } from "../../../controller/adapters/containers/countdown.ts";

afterEach(() => vi.useRealTimers());

test("a limit ends when it is over, and not before, and once; one that is ended leaves no timer", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const over = vi.fn<() => void>();
  countdown(10_000, over);
  vi.advanceTimersByTime(9_999);
  expect(over).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  vi.advanceTimersByTime(60_000);
  expect(over).toHaveBeenCalledOnce();
  countdown(10_000, over)();
  expect(vi.getTimerCount()).toBe(0);
});

test("time in which this process stood still is none that an engine took", async () => {
  const over = vi.fn<() => void>();
  const end = countdown(400, over);
  // Longer than the limit; what was due meanwhile comes now, and what has arrived is read then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
  await new Promise((resolve) => setImmediate(resolve));
  expect(over).not.toHaveBeenCalled();
  end();
});
