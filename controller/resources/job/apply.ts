import { join } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { RunResult } from "../../core/ports/host.ts";
import type { Result } from "../../core/resource.ts";
import type { DesiredJob, JobAction } from "./model.ts";
import { beginRun, endRun } from "./run.ts";

/** Lines of the log that an error shows. */
const shownLines = 20;

/**
 * Runs the job to its end. The ledger row comes first: a command that is killed leaves it at `running`, and the next
 * pass runs the job again. A job runs at least once for its key, so it has to bear being run twice.
 */
export async function apply({ desired }: JobAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  const startedAt = ports.clock.date();
  const logFile = join(ports.state.directory, "logs", "jobs", `${desired.name}-${stamp(startedAt)}.log`);
  const run = await beginRun(desired, { startedAt, logFile }, ports, signal);
  let result: RunResult;
  try {
    result = await ports.host.run(spawnSpec(desired, logFile), desired.timeoutMs, signal);
  } catch (error) {
    // Interrupted: the row stays at `running`, which is what the next pass will call it.
    if (!signal.aborted) await endRun(run, { state: "failed" }, ports, signal);
    throw error;
  }
  const { exitCode, durationMs } = result;
  const state = exitCode === 0 && !result.timedOut ? "succeeded" : "failed";
  await endRun(run, { state, durationMs, ...(exitCode === undefined ? {} : { exitCode }) }, ports, signal);
  if (state === "failed") throw failure(desired, result, logFile, ports);
  return { note: `exit code 0 in ${seconds(durationMs)}`, exitCode: 0, logFile };
}

function failure(desired: DesiredJob, result: RunResult, logFile: string, ports: Ports): PoststackError {
  const facts = {
    where: desired.place,
    details: ports.host.tail(logFile, shownLines),
    next: `read its log: ${logFile}`,
  };
  if (result.timedOut) {
    const what = `job "${desired.name}" ran longer than its timeout of ${seconds(desired.timeoutMs)} and was ended`;
    return new PoststackError("JOB_TIMEOUT", { what, ...facts });
  }
  const how =
    result.exitCode === undefined
      ? `was ended by ${result.signal ?? "a signal"}`
      : `ended with exit code ${result.exitCode}`;
  return new PoststackError("JOB_FAILED", {
    what: `job "${desired.name}" ${how} after ${seconds(result.durationMs)}`,
    ...facts,
  });
}

const spawnSpec = (desired: DesiredJob, logFile: string) => ({
  resource: desired.id,
  command: desired.command,
  cwd: desired.cwd,
  environment: desired.environment,
  logFile,
  configHash: desired.key,
  fields: desired.keyParts,
  stopSignal: "SIGTERM" as const,
  stopGraceMs: 5_000,
  place: desired.place,
});

/** A moment as part of a file name that sorts: `20261120T052913123Z`. */
const stamp = (date: Date): string => date.toISOString().replaceAll(/[-:.]/g, "");

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
