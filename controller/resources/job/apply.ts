import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Result } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import { keyOf } from "./key.ts";
import { logFileOf } from "./log-file.ts";
import type { DesiredJob, HostJob, JobAction } from "./model.ts";
import { endHelper, startHelper } from "./on-container/helper.ts";
import { runContainer, type ContainerEnd } from "./on-container/run.ts";
import { beginRun, endRun } from "./run.ts";

/** Lines of the log that an error shows. */
const shownLines = 20;

export async function apply(action: JobAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  switch (action.verb) {
    case "run":
      return run(action.desired, ports, signal);
    case "start":
      return startHelper(action.desired, ports, signal);
    case "end":
      return endHelper(action.desired, ports, signal);
    default:
      return unreachable(action);
  }
}

/** How a run ended, on the host or in a container. */
interface End extends Pick<ContainerEnd, "exitCode" | "timedOut" | "durationMs"> {
  readonly signal?: string | undefined;
  readonly wasOomKilled?: boolean;
}

/**
 * Runs the job to its end. The ledger row comes first: a command that is killed leaves it at `running`, and the next
 * pass runs the job again. A job runs at least once for its key, so it has to bear being run twice.
 */
async function run(desired: DesiredJob, ports: Ports, signal: AbortSignal): Promise<Result> {
  const startedAt = ports.clock.date();
  const logFile = logFileOf(desired.name, startedAt, ports);
  const { container } = desired;
  // What the container will be made from: fetched or built by now, and the engine refuses the start if not.
  const image = container === undefined ? undefined : await ports.containers.inspectImage(container.spec.image, signal);
  const row = await beginRun({ ...desired, ...keyOf(desired, image?.id) }, { startedAt, logFile }, ports, signal);
  let end: End;
  try {
    end =
      desired.container === undefined
        ? await ports.host.run(spawnSpec(desired, logFile), desired.timeoutMs, signal)
        : await runContainer(desired, logFile, ports, signal);
  } catch (error) {
    // Interrupted, or nobody knows how it ended: the row stays at `running`, which is what the next pass will call it.
    if (!signal.aborted && !isOpen(desired, error)) await endRun(row, { state: "failed" }, ports, signal);
    throw error;
  }
  const { exitCode, durationMs } = end;
  const state = exitCode === 0 && !end.timedOut ? "succeeded" : "failed";
  await endRun(row, { state, durationMs, ...(exitCode === undefined ? {} : { exitCode }) }, ports, signal);
  if (state === "failed") throw failure(desired, end, logFile, ports);
  return { note: `exit code 0 in ${seconds(durationMs)}`, exitCode: 0, logFile };
}

/** Whether the container may have run, or run still, although the engine could not be asked. */
const isOpen = ({ container }: DesiredJob, error: unknown): boolean =>
  container !== undefined && error instanceof PoststackError && error.errorClass !== "terminal";

function failure(desired: DesiredJob, end: End, logFile: string, ports: Ports): PoststackError {
  const facts = {
    where: desired.place,
    details: ports.host.tail(logFile, shownLines),
    next: `read its log: ${logFile}`,
  };
  if (end.timedOut) {
    const what = `job "${desired.name}" ran longer than its timeout of ${seconds(desired.timeoutMs)} and was ended`;
    return new PoststackError("JOB_TIMEOUT", { what, ...facts });
  }
  const how = end.wasOomKilled === true ? "was killed for want of memory" : howEnded(end);
  return new PoststackError("JOB_FAILED", {
    what: `job "${desired.name}" ${how} after ${seconds(end.durationMs)}`,
    ...facts,
  });
}

const howEnded = ({ exitCode, signal }: End): string =>
  exitCode === undefined ? `was ended by ${signal ?? "a signal"}` : `ended with exit code ${exitCode}`;

const spawnSpec = (desired: HostJob, logFile: string) => ({
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

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
