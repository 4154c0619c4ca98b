import type { Ports } from "../../../core/ports.ts";
import type { LogChunk } from "../../../core/ports/containers.ts";

/** How long the last lines may take to arrive once a container has ended, in milliseconds. */
const lastLinesMs = 10_000;

/**
 * Copies what a container says to a file, as it says it. Where that is cut, the rest follows when the container has ended.
 * A log that cannot be read or written is no reason to fail a job: it is told, and the job goes on.
 *
 * @param ended settles when the container has ended, or is waited for no longer
 */
export async function keepLog(
  id: string,
  logFile: string,
  ended: Promise<unknown>,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const { containers, host, log, clock } = ports;
  const late = new AbortController();
  const either = AbortSignal.any([signal, late.signal]);
  const isOver = ended.then(
    () => undefined,
    () => undefined,
  );
  let copied = 0;
  async function* followed(): AsyncIterable<string> {
    for await (const { line } of containers.logs(id, { follow: true }, either)) {
      yield line;
      copied++;
    }
  }
  const tooLate = isOver
    .then(() => clock.sleep(lastLinesMs, either))
    .then(
      () => late.abort(),
      () => undefined,
    );
  try {
    await host.writeLog(logFile, followed());
  } catch (error) {
    if (signal.aborted) return;
    log.warn({ container: id, error: String(error) }, "the log of a job was cut");
    await isOver;
    await saveLog(id, logFile, copied, ports, signal);
  } finally {
    late.abort();
    await tooLate;
  }
}

/** What a container has said until now, without the first lines. What cannot be had is told and nothing more. */
export async function saveLog(
  id: string,
  logFile: string,
  skipped: number,
  { containers, host, log }: Ports,
  signal: AbortSignal,
): Promise<void> {
  try {
    await host.writeLog(logFile, after(containers.logs(id, {}, signal), skipped));
  } catch (error) {
    log.warn({ container: id, error: String(error) }, "the log of a job was cut");
  }
}

async function* after(chunks: AsyncIterable<LogChunk>, skipped: number): AsyncIterable<string> {
  let count = 0;
  for await (const { line } of chunks) if (count++ >= skipped) yield line;
}
