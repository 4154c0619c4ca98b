import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { stopSignals } from "../../controller/adapters/signals.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("who has to wait after Ctrl-C is told how to cancel; who does not, is not", () => {
  const process = new EventEmitter();
  let said = "";
  const { stop, signal, exitCode } = stopSignals(process as NodeJS.Process, (text) => (said += text));
  process.emit("SIGINT", "SIGINT");
  expect([stop.aborted, signal.aborted, exitCode(), said]).toEqual([true, false, 130, "\n"]);
  vi.advanceTimersByTime(1_000);
  expect(said).toBe("\nStopping after what is running; once more to cancel it now.\n");
  process.emit("SIGTERM", "SIGTERM");
  expect([signal.aborted, exitCode()]).toEqual([true, 130]);
});
