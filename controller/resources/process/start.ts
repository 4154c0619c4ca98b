import { join } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { ProcessRecord, SpawnSpec } from "../../core/ports/host.ts";
import type { Result } from "../../core/resource.ts";
import type { DesiredProcess } from "./model.ts";
import { waitReady } from "./ready.ts";

/** Starts it and returns when it is ready. One that does not become ready is ended; its log stays. */
export async function startProcess(desired: DesiredProcess, ports: Ports, signal: AbortSignal): Promise<Result> {
  return accept(await startReady(desired, ports, signal), ports);
}

async function startReady(desired: DesiredProcess, ports: Ports, signal: AbortSignal): Promise<ProcessRecord> {
  const record = await ports.host.start(specOf(desired, ports), signal);
  try {
    await waitReady(desired, record, ports, signal);
  } catch (error) {
    // Interrupted: the next pass sees an unaccepted start and begins again. Waiting for its end now would hold up Ctrl-C.
    if (!signal.aborted) await ports.host.stop(record, signal);
    throw error;
  }
  return record;
}

/** It runs and is ready: a disk that does not take this word is no reason to end it. */
function accept(record: ProcessRecord, ports: Ports): Result {
  ports.host.accept(record);
  return { note: `pid ${record.pid}`, logFile: record.logFile };
}

/**
 * The old one ends before the new one starts: two processes of a host cannot listen on one port. When the new one fails
 * the old one is put back, with the environment that it had (docs/decisions/0003-process-replacement.md).
 */
export async function replaceProcess(
  desired: DesiredProcess,
  old: ProcessRecord,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  ports.host.check(specOf(desired, ports));
  const oldSpec = ports.host.specOf(old);
  await ports.host.stop(old, signal);
  let record: ProcessRecord;
  try {
    record = await startReady(desired, ports, signal);
  } catch (error) {
    if (signal.aborted || oldSpec === undefined || !(error instanceof PoststackError)) throw error;
    throw await putBack(oldSpec, error, ports, signal);
  }
  return accept(record, ports);
}

async function putBack(
  oldSpec: SpawnSpec,
  error: PoststackError,
  ports: Ports,
  signal: AbortSignal,
): Promise<PoststackError> {
  const { code, ...facts } = error.facts;
  let outcome: string;
  try {
    ports.host.accept(await ports.host.start(oldSpec, signal));
    outcome = "the one before it was started again";
  } catch (cause) {
    ports.log.warn({ resource: oldSpec.resource, error: String(cause) }, "the process before cannot be put back");
    outcome = "the one before it could not be started again";
  }
  return new PoststackError(code, { ...facts, what: `${facts.what}; ${outcome}` }, { cause: error });
}

const specOf = (desired: DesiredProcess, ports: Ports): SpawnSpec => ({
  resource: desired.id,
  command: desired.command,
  cwd: desired.cwd,
  environment: desired.environment,
  logFile: join(ports.state.directory, "logs", "processes", `${desired.name}.log`),
  configHash: desired.configHash,
  fields: desired.fields,
  stopSignal: desired.stopSignal,
  stopGraceMs: desired.stopGraceMs,
  place: desired.place,
});
