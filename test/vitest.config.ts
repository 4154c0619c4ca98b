import { defineConfig } from "vitest/config";
import { LongestFirst } from "./support/longest-first.ts";
import { Unsteady } from "./support/unsteady.ts";

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
    // One race in twenty minutes of real engines does not stop a delivery; it is told at the end, to be looked for.
    retry: process.env["CI"] === "true" ? 1 : 0,
    reporters: ["default", new Unsteady()],
  },
});
