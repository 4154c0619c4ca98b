import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    pool: "forks",
    // Two workers: each test file may run a Postgres of its own.
    maxWorkers: 2,
    // Of a file whose tests run at once: they wait for engines, most of the time.
    maxConcurrency: 10,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
