import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { markedProcesses, programsNaming, serversOf } from "./scenario-processes.ts";

/**
 * Ends all that runs from a project's state directory and removes what lies outside of it: with the system's means alone,
 * since the code under test may have failed. Nothing is asked to end well; the data is thrown away.
 */
export async function endEverything(root: string): Promise<void> {
  const state = join(root, ".poststack");
  for (const entry of existsSync(state) ? readdirSync(state, { withFileTypes: true }) : []) {
    if (!entry.isDirectory()) continue;
    const directory = join(state, entry.name);
    const recorded = recordedGroups(directory);
    const alive = (): readonly number[] => [...markedProcesses(directory), ...serversOf(directory)];
    for (const pid of recorded) signal(-pid);
    for (let tries = 0; tries < 200 && alive().length > 0; tries++) {
      for (const pid of alive()) signal(pid);
      await sleep(25);
    }
  }
  await removeOutside(state);
}

function signal(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Process groups that the records tell of: where the system shows no marks, all that is known. */
function recordedGroups(directory: string): readonly number[] {
  const folder = join(directory, "processes");
  if (!existsSync(folder) || existsSync("/proc/self/environ")) return [];
  return readdirSync(folder).flatMap((name) => {
    const { pid } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { readonly pid: number };
    return pid > 0 ? [pid] : [];
  });
}

/** Root's data in a place of its own, also when the link to it is gone. */
async function removeOutside(state: string): Promise<void> {
  const folder = join("/var/lib/poststack", createHash("sha256").update(state).digest("hex").slice(0, 16));
  if (!existsSync(folder)) return;
  for (let tries = 0; tries < 200 && programsNaming(folder).length > 0; tries++) {
    for (const pid of programsNaming(folder)) signal(pid);
    await sleep(25);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
