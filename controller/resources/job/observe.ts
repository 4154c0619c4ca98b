import { PoststackError } from "../../core/errors.ts";
import { imageFinder } from "../../core/image-reference.ts";
import type { Ports } from "../../core/ports.ts";
import type { Row, SqlFailure } from "../../core/ports/postgres.ts";
import type { DesiredJob, ObservedJob } from "./model.ts";

// One index scan of two rows for each name, however long the history is.
const lastRuns = `
  select wanted.name, last.key, last.key_parts, last.state, last.exit_code,
    (select extract(epoch from run.started_at) * 1000 from poststack.job_runs as run
      where run.name = wanted.name and run.state = 'succeeded' order by run.id desc limit 1)::float8 as succeeded_ms
  from unnest($1::text[]) as wanted (name)
  cross join lateral (
    select key, key_parts, state, exit_code from poststack.job_runs as run
    where run.name = wanted.name order by run.id desc limit 1
  ) as last`;

/**
 * The newest run of each job that the files name, and the image that it would run in. What they no longer name did its work
 * and needs no undoing; containers that a killed command left are found by the kind of containers.
 */
export async function observe(
  desired: readonly DesiredJob[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedJob[]> {
  if (desired.length === 0) return [];
  const session = await ports.server.database(signal);
  if (session === undefined) return [];
  const names = desired.map(({ name }) => name);
  try {
    const rows = (await session.query(lastRuns, [names], signal)).map(observedFrom);
    return await withImages(rows, desired, ports, signal);
  } catch (error) {
    if (isWithoutLedger(error)) return [];
    throw error;
  }
}

/** One list of images, and none where every job runs on the host. */
async function withImages(
  observed: readonly ObservedJob[],
  desired: readonly DesiredJob[],
  { containers }: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedJob[]> {
  const references = new Map(
    desired.flatMap(({ name, container }) => (container === undefined ? [] : [[name, container.spec.image] as const])),
  );
  if (!observed.some(({ name }) => references.has(name))) return observed;
  const find = imageFinder(await containers.images(signal));
  return observed.map((job) => {
    const image = find(references.get(job.name) ?? "");
    return image === undefined ? job : { ...job, imageId: image.id };
  });
}

/** 42P01 undefined_table, 3F000 invalid_schema_name: a database whose ledger is not made yet has run no job. */
function isWithoutLedger(error: unknown): boolean {
  if (!(error instanceof PoststackError)) return false;
  const sqlState = (error.cause as SqlFailure | undefined)?.sqlState;
  return sqlState === "42P01" || sqlState === "3F000";
}

function observedFrom(row: Row): ObservedJob {
  const { state, exit_code: exitCode, succeeded_ms: succeededMs } = row;
  return {
    name: String(row["name"]),
    last: {
      key: String(row["key"]),
      keyParts: textsIn(row["key_parts"]),
      state: state === "succeeded" || state === "running" ? state : "failed",
      ...(typeof exitCode === "number" ? { exitCode } : {}),
    },
    ...(typeof succeededMs === "number" ? { succeededAt: new Date(succeededMs) } : {}),
  };
}

/** The ledger is input: whatever else stands there is no part of the key (RELIABILITY 3). */
function textsIn(value: unknown): ReadonlyMap<string, string> {
  if (typeof value !== "object" || value === null) return new Map();
  return new Map(Object.entries(value).flatMap(([name, text]) => (typeof text === "string" ? [[name, text]] : [])));
}
