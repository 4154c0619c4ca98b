import { defineConfig } from "vitest/config";
import { LongestFirst } from "./support/longest-first.ts";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    pool: "forks",
    // One more than the cores of the smallest machine: a third of the time is spent waiting for engines and servers.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Of a file whose tests run at once: they wait for engines, most of the time.
    maxConcurrency: 10,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What comes about by itself comes late where every core is busy.
    expect: { poll: { timeout: 30_000 } },
  },
});
