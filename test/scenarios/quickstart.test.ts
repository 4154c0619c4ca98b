import { rmSync, symlinkSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { postmastersOf, markedProcesses } from "../support/scenario-processes.ts";
import { forThisTest, quickstart } from "../support/scenario.ts";

test.each([{ isPrivate: false }, { isPrivate: true }])(
  "a newcomer's first minutes, project folder %o",
  async (place) => {
    const project = await forThisTest(quickstart(place));
    const [, web] = project.ports;
    const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${web}/`)).text();

    expect(await project.plan()).toHaveLength(9);
    const first = await project.ok("apply", "--yes");
    expect(first.stdout).toContain("Done: 9 actions.");
    expect(first.stdout).toContain("seed (exit code: 0");
    expect(first.stdout).toContain(`http://127.0.0.1:${web}/`);
    expect(await page()).toContain("Green tea");

    expect((await project.ok("apply", "--yes")).stdout).toContain("Nothing to do");
    expect((await project.ok("plan", "--detailed-exitcode")).stdout).toBe("Nothing to do.\n");

    await project.ok("env", "stop", "dev", "--yes");
    expect(postmastersOf(project.path(".poststack/dev"))).toEqual([]);
    expect(markedProcesses(project.path(".poststack/dev"))).toEqual([]);

    await project.ok("apply", "--yes");
    expect(await page()).toContain("Seen 2 times");
  },
);

test("a project that is reached by a link is the same project", async () => {
  const project = await forThisTest(quickstart());
  await project.ok("apply", "--yes");
  const link = `${project.root}-link`;
  symlinkSync(project.root, link);
  onTestFinished(() => rmSync(link));
  for (const args of [
    ["--project-dir", link],
    ["--file", `${link}/.poststack.yml`],
  ]) {
    expect((await project.ok("plan", "--detailed-exitcode", ...args)).stdout).toBe("Nothing to do.\n");
  }
  const state = { POSTSTACK_STATE_DIR: `${link}/.poststack` };
  expect((await project.runWith(state, "plan", "--detailed-exitcode")).stdout).toBe("Nothing to do.\n");
});

test("two environments side by side, at the same time, and one goes without the other", async () => {
  const project = await forThisTest(quickstart());
  const [, dev, , staging] = project.ports;
  await Promise.all(["dev", "staging"].map((name) => project.ok("apply", name, "--yes")));
  const greeting = async (port: number | undefined): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port}/`)).text();
  expect(await greeting(dev)).toContain("Hello from dev");
  expect(await greeting(staging)).toContain("Hello from staging");
  await project.ok("env", "stop", "dev", "--yes");
  expect(await greeting(staging)).toContain("Hello from staging");
  expect(await project.plan("staging")).toEqual([]);
});

test("a failing job is told with its exit code and last words, and the deployment is not touched", async () => {
  const project = await forThisTest(quickstart());
  await project.ok("apply", "--yes");
  const before = markedProcesses(project.path(".poststack/dev"));
  project.write("seed.mjs", `console.log("half way");\nconsole.error("no such thing");\nprocess.exit(7);\n`);
  project.edit(".poststack.yml", "inputs: [seed]", "inputs: [seed, seed.mjs]");
  project.edit("Procfile", "web: node", "web: node --no-warnings");
  const ended = await project.run("apply", "--yes");
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(/✘ seed .*exit code 7[^]*The deployment was not touched/);
  expect(ended.stderr).toContain("error JOB_FAILED");
  expect(ended.stderr).toContain("no such thing");
  expect(markedProcesses(project.path(".poststack/dev"))).toEqual(before);
});
