import type { LogFile, LogFiles } from "../../../core/ports/machine.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { currentLogs } from "../../log-view.ts";
import { countOption, openLogsOf } from "../../open-logs.ts";
import { renderBytes, renderCountOf } from "../../../core/quantity.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

const dayMs = 86_400_000;
const defaultDays = 7;

/** Deletes what rotation has put aside and the logs of finished jobs, once they are old enough; says what it deleted. */
export async function logsCleanCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const days = countOption(options, "days", defaultDays);
  const { environment, logs, ports } = await openLogsOf(context, name);
  const before = ports.clock.date().getTime() - days * dayMs;
  const deleted = outdated(logs, before);
  for (const { path } of deleted) logs.remove(path);

  const freedBytes = deleted.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  if (context.json) {
    printJson(context, { version: 1, environment, deleted, freedBytes });
    return exitCode.done;
  }
  for (const { path, sizeBytes } of deleted) context.print(`deleted ${path} (${renderBytes(sizeBytes)})`);
  const age = `older than ${renderCountOf(days, "day")}`;
  context.note(
    deleted.length === 0
      ? `Nothing to delete: no rotated log and no job's log of ${environment} is ${age}.`
      : `${renderCountOf(deleted.length, "file")}, ${renderBytes(freedBytes)}.`,
  );
  return exitCode.done;
}

/** Never the log of something that runs: what a program has open stays, however long it has been silent. */
function outdated(logs: LogFiles, beforeMs: number): readonly LogFile[] {
  const all = logs.list();
  const old = all.filter(
    ({ category, rotation, writtenAt }) =>
      (rotation !== undefined || category === "job") && writtenAt.getTime() <= beforeMs,
  );
  const open = logs.openOnes(old.map(({ path }) => path));
  // Where the system does not tell, each job's newest log may be one that is being written.
  const kept = open ?? new Set(currentLogs(all).map(({ path }) => path));
  return old.filter(({ path }) => !kept.has(path));
}
