import type { Ports } from "../../../core/ports.ts";
import type { ContainerJob } from "../model.ts";
import { keepLog } from "./log.ts";
import { waitEnded } from "./wait.ts";
import { ownContainers, removeContainer, startContainer } from "./container.ts";

export interface ContainerEnd {
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** By the kernel, for want of memory. */
  readonly wasOomKilled: boolean;
  readonly durationMs: number;
}

/**
 * Runs the job's container to its end, and takes it away. What an earlier command left of it is ended first, so that there
 * are never two at once; aborting ends it. Where it is not known how it ended it stays as it is, for the next pass to see.
 *
 * @throws PoststackError what cannot be started, `ENGINE_*` when it is not known how it ended
 */
export async function runContainer(
  job: ContainerJob,
  logFile: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<ContainerEnd> {
  for (const { id } of await ownContainers(job.id, ports, signal)) {
    ports.progress("ends what an interrupted run left");
    await removeContainer(id, ports, signal);
  }
  const startedMs = ports.clock.nowMs();
  const id = await startContainer(job, ports, signal);
  let isOver = false;
  try {
    const end = await endOf(id, job, logFile, startedMs, ports, signal);
    isOver = true;
    return end;
  } finally {
    if (isOver || signal.aborted) {
      // The signal that aborted must not keep it alive; each call has a deadline of its own.
      await removeContainer(id, ports, new AbortController().signal).catch((error: unknown) => {
        ports.log.warn({ resource: job.id, error: String(error) }, "the container of a job stays until the next apply");
      });
    }
  }
}

async function endOf(
  id: string,
  { timeoutMs }: ContainerJob,
  logFile: string,
  startedMs: number,
  ports: Ports,
  signal: AbortSignal,
): Promise<ContainerEnd> {
  const { containers, clock } = ports;
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const ended = waitEnded(id, ports, either).then((details) => ({ details, timedOut: false }));
  const tooLong = clock.sleep(timeoutMs, either).then(() => "timeout" as const);
  const stopped = Promise.race([ended, tooLong]).then(async (how) => {
    if (how !== "timeout") return how;
    await containers.stopContainer(id, {}, signal);
    return { details: await containers.inspectContainer(id, signal), timedOut: true };
  });
  const log = keepLog(id, logFile, stopped, ports, signal);
  try {
    const { details, timedOut } = await stopped;
    const durationMs = Math.round(clock.nowMs() - startedMs);
    await log;
    return { exitCode: details?.exitCode, timedOut, wasOomKilled: details?.wasOomKilled ?? false, durationMs };
  } finally {
    over.abort();
    await Promise.allSettled([ended, tooLong, log]);
  }
}
