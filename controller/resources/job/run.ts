import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Session } from "../../core/ports/postgres.ts";
import { quoteLiteral } from "../../core/sql.ts";
import { transact } from "../../core/transaction.ts";
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

/** @throws PoststackError `FENCED`: another writer has taken over; `POSTGRES_LOCKED` */
export async function beginRun(
  { name: job, key, keyParts, place }: Pick<DesiredJob, "name" | "key" | "keyParts" | "place">,
  { startedAt, logFile }: { readonly startedAt: Date; readonly logFile: string },
  ports: Ports,
  signal: AbortSignal,
): Promise<RunRow> {
  const session = await sessionOf(ports, signal);
  const fence = ports.server.fence();
  const name = quoteLiteral(job);
  const parts = quoteLiteral(JSON.stringify(Object.fromEntries(keyParts)));
  // Our own clock, not the server's: `startedAfter`, which it is compared with, is ours too.
  const started = quoteLiteral(startedAt.toISOString());
  const statements = [
    `select poststack.check_fence(${fence})`,
    `delete from poststack.job_runs where name = ${name}
       and id <= (select id from poststack.job_runs where name = ${name} order by id desc offset ${keptRuns - 1} limit 1)
       and id is distinct from (select max(id) from poststack.job_runs where name = ${name} and state = 'succeeded')`,
    `insert into poststack.job_runs (name, key, key_parts, state, started_at, log_file, fence)
     values (${name}, ${quoteLiteral(key)}, ${parts}, 'running', ${started}, ${quoteLiteral(logFile)}, ${fence})
     returning id::text`,
  ];
  const [row] = await transact(session, statements, ports, signal, { where: place });
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
  const statements = [
    `select poststack.check_fence(${ports.server.fence()})`,
    `update poststack.job_runs set state = '${state}', exit_code = ${exitCode ?? "null"}, duration_ms = ${durationMs ?? "null"}
     where id = ${quoteLiteral(id)}::bigint`,
  ];
  await transact(session, statements, ports, signal);
}

async function sessionOf(ports: Ports, signal: AbortSignal): Promise<Session> {
  const session = await ports.server.database(signal);
  if (session !== undefined) return session;
  throw new PoststackError("POSTGRES_QUERY", {
    what: "the environment's database does not exist, so no run can be recorded",
    next: "apply the whole environment first",
  });
}
