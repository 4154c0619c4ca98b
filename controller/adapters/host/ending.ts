import { PoststackError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { hasCode } from "../atomic-file.ts";
import type { Entry, ProcessTable } from "./process-table.ts";

const pollMs = 20;
/** After SIGKILL the kernel needs a moment; a process that sleeps in the kernel (a dead network disk) may never go. */
const killLimitMs = 10_000;

export interface Identity {
  readonly resource: string;
  readonly pid: number;
  readonly startTime: string;
}

/** The process itself, while it lives under this pid with this start time. */
export function livingEntry(table: ProcessTable, { pid, startTime }: Identity): Entry | undefined {
  if (pid <= 0) return undefined;
  const entry = table.entry(pid);
  return entry !== undefined && !entry.zombie && entry.startTime === startTime ? entry : undefined;
}

/**
 * Every living process of its group, also when the leader itself has ended. The number of a group that has members is
 * not given to a new process, so a leader with another start time means that the group is gone and the number foreign.
 * A group without a leader is known by the marks of its members.
 */
export function groupOf(
  table: ProcessTable,
  { pid, startTime }: Identity,
  isMarked: (pid: number) => boolean,
): readonly Entry[] {
  if (pid <= 0) return [];
  const leader = table.entry(pid);
  if (leader !== undefined && leader.startTime !== startTime) return [];
  return table
    .all()
    .filter((entry) => entry.group === pid && !entry.zombie && (leader !== undefined || isMarked(entry.pid)));
}

/**
 * Asks what `find` shows to end, and forces it after the grace. Returns when nothing is left of it. Each look is made
 * afresh right before the signal, so no number is signalled that has passed to somebody else in the meantime.
 *
 * @throws PoststackError `TIMEOUT` when something outlives SIGKILL
 */
export async function endAll(
  find: () => readonly Entry[],
  polite: NodeJS.Signals,
  graceMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const graceEndMs = clock.nowMs() + graceMs;
  const killEndMs = graceEndMs + killLimitMs;
  const asked = new Set<string>();
  for (let left = find(); left.length > 0; left = find()) {
    const nowMs = clock.nowMs();
    if (nowMs >= killEndMs) throw immortal(left);
    for (const entry of left) {
      const name = `${entry.pid} ${entry.startTime}`;
      if (nowMs >= graceEndMs) send(entry.pid, "SIGKILL");
      else if (!asked.has(name)) send(entry.pid, polite);
      asked.add(name);
    }
    await clock.sleep(pollMs, signal);
  }
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // Gone between the look and the signal: what was wanted.
    if (!hasCode(error, "ESRCH")) throw error;
  }
}

const immortal = (left: readonly Entry[]): PoststackError =>
  new PoststackError("TIMEOUT", {
    what: `SIGKILL did not end ${left.map(({ pid }) => `pid ${pid}`).join(", ")} within ${killLimitMs / 1_000} s`,
    next: "a process that waits for a disk cannot be ended: look at its state with `ps -o stat,wchan`",
  });
