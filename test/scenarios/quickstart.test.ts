import { expect, test } from "vitest";
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
