import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { markedProcesses, serversOf } from "./scenario-processes.ts";

/**
 * Ends all that runs from a project's state directory and removes what lies outside of it: with the system's means alone,
 * since the code under test may have failed. Nothing is asked to end well; the data is thrown away.
 */
export async function endEverything(root: string): Promise<void> {
  const state = join(root, ".poststack");
  if (!existsSync(state)) return;
  for (const entry of readdirSync(state, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const directory = join(state, entry.name);
    const recorded = recordedGroups(directory);
    const alive = (): readonly number[] => [...markedProcesses(directory), ...serversOf(directory)];
    for (const pid of recorded) signal(-pid);
    for (let tries = 0; tries < 200 && alive().length > 0; tries++) {
      for (const pid of alive()) signal(pid);
      await sleep(25);
    }
    removeOutside(join(directory, "postgres"));
  }
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

/** Root's data, which the link leads to. */
function removeOutside(link: string): void {
  let target: string;
  try {
    target = readlinkSync(link);
  } catch {
    return;
  }
  if (!/^\/var\/lib\/poststack\/[0-9a-f]{16}\/[^/]+\/postgres$/.test(target)) return;
  rmSync(dirname(target), { recursive: true, force: true, maxRetries: 5 });
  try {
    rmdirSync(dirname(dirname(target)));
  } catch {
    // Another environment of the project is in it.
  }
}
