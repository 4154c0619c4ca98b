import type { Clock } from "../../controller/core/ports.ts";

/** Time that passes only when somebody sleeps: tests that wait for minutes take none. */
export function virtualClock(): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    date: () => new Date(nowMs),
    async sleep(ms, signal) {
      signal.throwIfAborted();
      nowMs += ms;
      // Whoever else waits gets a turn, and a signal is heard.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    },
    random: () => 0.5,
  };
}
