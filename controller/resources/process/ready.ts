import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Probe, ProcessRecord, ProcessState } from "../../core/ports/host.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DesiredProcess } from "./model.ts";

/** How long a process without `ready:` must live to count as started, in milliseconds. */
const livesMs = 1_000;
const firstPollMs = 20;
const longestPollMs = 500;
/** Lines of the log that an error shows. */
const shownLines = 20;

/**
 * Waits until the process is ready: its probe passes, or it has lived for a second when it has none. Running is not
 * ready: the probe counts only while it is still the same process that runs (RELIABILITY 15).
 *
 * @throws PoststackError `PROCESS_EXITED`, `PROCESS_NOT_READY`, with the last lines of the log
 */
export async function waitReady(
  desired: DesiredProcess,
  record: ProcessRecord,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const { ready, readyTimeoutMs, environment, cwd } = desired;
  const { clock, host } = ports;
  const startMs = clock.nowMs();
  if (ready !== undefined) ports.progress(`waits until ${describe(ready)}`);
  for (let pollMs = firstPollMs; ; pollMs = Math.min(longestPollMs, pollMs * 2)) {
    const passes =
      ready === undefined ? clock.nowMs() - startMs >= livesMs : await host.probe(ready, environment, cwd, signal);
    if (!host.inspect(record).running) throw await exited(desired, record, clock.nowMs() - startMs, ports, signal);
    if (passes) return;
    if (ready !== undefined && clock.nowMs() - startMs >= readyTimeoutMs) throw notReady(desired, ready, record, ports);
    const untilLivedMs = ready === undefined ? livesMs - (clock.nowMs() - startMs) : pollMs;
    await clock.sleep(Math.min(pollMs, Math.max(1, untilLivedMs)), signal);
  }
}

async function exited(
  desired: DesiredProcess,
  record: ProcessRecord,
  afterMs: number,
  ports: Ports,
  signal: AbortSignal,
): Promise<PoststackError> {
  // The process table shows the end a moment before the exit code arrives.
  await ports.clock.sleep(firstPollMs, signal);
  const how = describeEnd(ports.host.inspect(record));
  return new PoststackError("PROCESS_EXITED", {
    what: `process "${desired.name}" ended${how} ${seconds(afterMs)} after its start`,
    where: desired.place,
    details: ports.host.tail(record.logFile, shownLines, record.logStart),
    next: `read its log: ${record.logFile}`,
  });
}

function notReady(desired: DesiredProcess, ready: Probe, record: ProcessRecord, ports: Ports): PoststackError {
  return new PoststackError("PROCESS_NOT_READY", {
    what: `process "${desired.name}" runs, but within ${seconds(desired.readyTimeoutMs)} it was not seen that ${describe(ready)}`,
    where: desired.place,
    details: ports.host.tail(record.logFile, shownLines, record.logStart),
    next: `read its log: ${record.logFile}; if it needs longer, raise \`ready.timeout\``,
  });
}

function describe(ready: Probe): string {
  switch (ready.type) {
    case "http":
      return `${ready.url} answers`;
    case "tcp":
      return `${ready.host}:${ready.port} accepts connections`;
    case "command":
      return `"${ready.command[0]}" succeeds`;
    default:
      return unreachable(ready);
  }
}

const describeEnd = ({ exitCode, signal }: ProcessState): string =>
  exitCode !== undefined ? ` with exit code ${exitCode}` : signal !== undefined ? ` by ${signal}` : "";

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
