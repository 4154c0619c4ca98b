import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { markedProcesses } from "../support/scenario-processes.ts";
import { forThisTest, newProject } from "../support/scenario.ts";

// RELIABILITY 22, for the Procfile: what is gone from it may be an edit or a cut, and half a command is another command.
const files = {
  ".poststack.yml": "project: { name: shop }\nenvironments:\n  dev:\n    deployment: { procfile: Procfile }\n",
  Procfile: "web: sleep 1001\nidle: sleep 1002\n",
};

test("whatever is cut off from a Procfile, watch ends no process and runs no half of a command", async () => {
  const project = await forThisTest(newProject(files));
  await project.ok("apply", "--yes");
  const running = (): readonly number[] => markedProcesses(project.path(".poststack/dev")).toSorted((a, b) => a - b);
  const before = running();
  expect(before).toHaveLength(2);
  const watching = project.start("watch", "dev");
  const tells = async (what: string | RegExp, act: () => void): Promise<void> => {
    const from = watching.said().length;
    act();
    await expect.poll(() => watching.said().slice(from), { timeout: 20_000, interval: 50 }).toMatch(what);
  };
  await tells("Up to date. Watching.", () => undefined);

  for (let length = 0; length < files.Procfile.length; length++) {
    project.write("Procfile", files.Procfile.slice(0, length));
    // Now and then long enough that it is read as it is.
    await sleep(length % 8 === 3 ? 400 : 5);
    expect(running(), files.Procfile.slice(0, length)).toEqual(before);
  }
  const cases: readonly [string, RegExp][] = [
    ["web: sleep 1001\nidle", /PROCFILE_SYNTAX/],
    ["web: sleep 1001\n", /explicit[^]*delete process:idle/],
    ["web: sleep 1001\nidle: sleep 1", /explicit[^]*replace process:idle .*may be cut off/],
    ["web: sleep 10", /explicit[^]*replace process:web .*may be cut off/],
  ];
  for (const [text, told] of cases) {
    await tells(told, () => project.write("Procfile", text));
    expect(running(), text).toEqual(before);
  }
  await tells("Up to date. Watching.", () => project.write("Procfile", files.Procfile));
  expect(running()).toEqual(before);

  // With a line end it is meant.
  project.write("Procfile", "web: sleep 1001\nidle: sleep 100\n");
  await expect.poll(() => running().filter((pid) => before.includes(pid)), { timeout: 20_000 }).toHaveLength(1);
});
