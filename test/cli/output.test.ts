import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../support/build.ts";
import { cliProject } from "../support/cli.ts";

// What becomes of a command whose output nobody takes. Nothing here needs a server.
const program = join(projectRoot, "dist/poststack.cjs");
const project = cliProject({
  ".poststack.yml": "project: { name: shop }\nenvironments:\n  dev:\n    postgres: { port: 5433 }\n",
  ".poststack/dev/logs/processes/web.log": "first\n",
});
afterAll(() => project.dispose());

describe.skipIf(!existsSync("/dev/full"))("a disk without room", () => {
  /** @param which of standard output (1) and standard error (2) is written there */
  function full(which: 1 | 2, ...args: readonly string[]) {
    const device = openSync("/dev/full", "w");
    try {
      const stdio = ["ignore", "pipe", "pipe"].map((one, index) => (index === which ? device : (one as "pipe")));
      return spawnSync(process.execPath, [program, ...args], { cwd: project.root, stdio, encoding: "utf8" });
    } finally {
      closeSync(device);
    }
  }

  test.each([[["version"]], [["--help"]], [["config", "show", "dev", "--json"]]])(
    "under standard output is told in one line, with an error's exit code: %s",
    (args) => {
      const { status, stderr } = full(1, ...args);
      expect(stderr.trim().split("\n")).toEqual([
        "error DISK_FULL: no space left to write standard output",
        "  next: make room on that disk and run the command again",
      ]);
      expect(status).toBe(1);
    },
  );

  test("under standard error leaves a failure what it was", () => {
    expect(full(2, "aply")).toMatchObject({ status: 1, stdout: "" });
  });
});

test("a home that is not there is not made for the sake of a cache", async () => {
  const home = join(project.root, "no/home");
  const environment = { HOME: home, XDG_CACHE_HOME: undefined };
  expect(await project.poststack(["config", "show", "dev"], { environment })).toMatchObject({ code: 0 });
  expect(existsSync(join(project.root, "no"))).toBe(false);
});

test("who follows a log ends when its reader has gone", async () => {
  const child = spawn(process.execPath, [program, "logs", "show", "web", "--follow"], {
    cwd: project.root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  child.stdout.destroy();
  // Only who writes finds out: lines go on until it has.
  const writer = setInterval(
    () => appendFileSync(join(project.root, ".poststack/dev/logs/processes/web.log"), "x\n"),
    50,
  );
  try {
    expect(await ended).toEqual([0, null]);
  } finally {
    clearInterval(writer);
    child.kill("SIGKILL");
  }
});
