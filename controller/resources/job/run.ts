import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Session } from "../../core/ports/postgres.ts";
import type { DesiredJob } from "./model.ts";

/** One row of `poststack.job_runs`. */
interface RunRow {
  readonly id: string;
}

interface RunEnd {
  readonly state: "succeeded" | "failed";
  readonly exitCode?: number;
  readonly durationMs?: number;
}

/** Runs of each job that are kept: the newest, and the last one that succeeded, since `once` looks for it. */
const keptRuns = 100;

// Each of the two is one statement and so a transaction of its own: other jobs use the same session in between. The
// fence is checked inside it, by standing in the list of tables.
const insertRun = `
  with old as (
    delete from poststack.job_runs as run
    where name = $2
      and id <= (select id from poststack.job_runs where name = $2 order by id desc offset ${keptRuns - 1} limit 1)
      and id is distinct from (select max(id) from poststack.job_runs where name = $2 and state = 'succeeded')
  )
  insert into poststack.job_runs (name, key, key_parts, state, started_at, log_file, fence)
  select $2, $3, $4::jsonb, 'running', $5, $6, $1::bigint from poststack.check_fence($1::bigint)
  returning id::text`;
const updateRun = `
  update poststack.job_runs set state = $3, exit_code = $4, duration_ms = $5
  from poststack.check_fence($1::bigint) where id = $2::bigint`;

/** @throws PoststackError `FENCED`: another writer has taken over */
export async function beginRun(
  { name, key, keyParts }: DesiredJob,
  { startedAt, logFile }: { readonly startedAt: Date; readonly logFile: string },
  ports: Ports,
  signal: AbortSignal,
): Promise<RunRow> {
  const session = await sessionOf(ports, signal);
  const parts = JSON.stringify(Object.fromEntries(keyParts));
  // Our own clock, not the server's: `startedAfter`, which it is compared with, is ours too.
  const values = [ports.server.fence(), name, key, parts, startedAt, logFile];
  const [row] = await session.query(insertRun, values, signal);
  return { id: String(row?.["id"]) };
}

/** @throws PoststackError `FENCED`: another writer has taken over, and what this run did is no longer ours to record */
export async function endRun(
  { id }: RunRow,
  { state, exitCode, durationMs }: RunEnd,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const session = await sessionOf(ports, signal);
  const values = [ports.server.fence(), id, state, exitCode ?? null, durationMs ?? null];
  await session.query(updateRun, values, signal);
}

async function sessionOf(ports: Ports, signal: AbortSignal): Promise<Session> {
  const session = await ports.server.database(signal);
  if (session !== undefined) return session;
  throw new PoststackError("POSTGRES_QUERY", {
    what: "the environment's database does not exist, so no run can be recorded",
    next: "apply the whole environment first",
  });
}
