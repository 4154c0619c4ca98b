import { PoststackError } from "../../../core/errors.ts";
import type { BackupEnd } from "../../../core/ports/cluster-copies.ts";
import type { Row, Session } from "../../../core/ports/postgres.ts";
import { quoteLiteral, sqlFailure } from "../../../core/sql.ts";
import { programName } from "../tools/arguments.ts";
import { segmentsOf, startIn } from "./wal.ts";

/**
 * Copies while the server goes on, between the two calls that it offers for that (manual: 26.3.4, Making a Base Backup Using
 * the Low Level API). The session stays open from the one to the other; should it end before, the server forgets both
 * the backup and the slot.
 *
 * @param session of its own, as superuser
 * @param copy calls `stop` when it has copied the data directory
 */
export async function whileBackingUp<T>(
  session: Session,
  copy: (stop: () => Promise<BackupEnd>) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  // A checkpoint of a large server takes its time, and the session idles while files are copied.
  for (const name of limitsOf(session)) await session.query(`set ${name} = 0`, [], signal);
  await holdLog(session, signal);
  const isOld = session.version < 150_000;
  const start = isOld ? "pg_start_backup($1, true, false)" : "pg_backup_start($1, true)";
  await session.query(`select pg_catalog.${start}`, [programName], signal);
  return copy(async () => {
    // What of the log is needed goes into the copy: nobody has to wait for an archive.
    const stop = isOld ? "pg_stop_backup(false, false)" : "pg_backup_stop(false)";
    const [row = {}] = await session.query(
      `select lsn::text, labelfile, spcmapfile, (${tablespaceNames}) as tablespaces,
         (select setting::bigint * case unit when 'MB' then 1048576 when 'kB' then 1024 else 1 end
          from pg_catalog.pg_settings where name = 'wal_segment_size')::text as segment_bytes
       from pg_catalog.${stop}`,
      [],
      signal,
    );
    return endOf(row);
  });
}

/** Of how long a statement, a transaction and the pause after it may take. */
const limitsOf = ({ version }: Session): readonly string[] => [
  "statement_timeout",
  ...(version >= 140_000 ? ["idle_session_timeout"] : []),
  ...(version >= 170_000 ? ["transaction_timeout"] : []),
];

/** SQL: of those that are not the server's own; null: there are none. */
const tablespaceNames = `select pg_catalog.string_agg(spcname, ', ' order by spcname) from pg_catalog.pg_tablespace
  where spcname not in ('pg_default', 'pg_global')`;

function endOf(row: Row): BackupEnd {
  const textOf = (name: string): string => (typeof row[name] === "string" ? row[name] : "");
  const [label, map, end] = [textOf("labelfile"), textOf("spcmapfile"), textOf("lsn")];
  const begun = startIn(label);
  if (begun === undefined) {
    throw new PoststackError("BACKUP_FAILED", {
      what: "the server's backup label does not say where its log begins",
      details: label.split("\n").slice(0, 10),
      next: "install pg_dump, so that the database can be dumped instead",
    });
  }
  const wal = { ...begun, end };
  // Replaying the log would make one anew, in the very place of the one that is in use.
  if (map !== "" || row["tablespaces"] !== null) throw tablespaceMade(textOf("tablespaces"));
  const texts = new Map([["backup_label", label]]);
  return { texts, wal, segments: segmentsOf(wal, Number(row["segment_bytes"])) };
}

/**
 * A slot that lasts as long as the session keeps the server from throwing away what is needed of its log. Where it has no
 * room for one, a log that is gone is found when it is to be copied.
 */
async function holdLog(session: Session, signal: AbortSignal): Promise<void> {
  const slot = `select pg_catalog.pg_create_physical_replication_slot('poststack_backup_${session.pid}', true, true)`;
  await session.query(slot, [], signal).catch((error: unknown) => {
    // 53400 configuration_limit_exceeded: all slots are in use; 55000: max_replication_slots is 0.
    if (!["53400", "55000"].includes(sqlFailure(error)?.sqlState ?? "")) throw error;
  });
}

/** Why the server that is asked cannot be copied while it runs, as `obstacle`; and what a copy holds besides the database. */
export const clusterSql = (database: string): string => `select
  case
    when pg_catalog.current_setting('wal_level') = 'minimal'
      then 'its wal_level is minimal, so it writes no log that a copy of the running server could be completed with'
    when (${tablespaceNames}) is not null
      then 'it has tablespaces, which may lie outside of its data directory: ' || (
        ${tablespaceNames})
  end as obstacle,
  (select coalesce(pg_catalog.json_agg(datname order by datname), '[]') from pg_catalog.pg_database where not datistemplate and datname <> ${quoteLiteral(database)}) as databases,
  (select coalesce(pg_catalog.json_agg(rolname order by rolname), '[]') from pg_catalog.pg_roles where rolname !~ '^pg_') as roles,
  (select coalesce(pg_catalog.json_agg(s order by s.application), '[]') from (
    select coalesce(nullif(application_name, ''), usename, 'unknown') as application, pg_catalog.count(*)::int as count
    from pg_catalog.pg_stat_activity where datname <> ${quoteLiteral(database)} and backend_type = 'client backend' and pid <> pg_catalog.pg_backend_pid()
      and application_name not like 'poststack%'
    group by 1
  ) s) as sessions`;

const tablespaceMade = (names: string): PoststackError =>
  new PoststackError("BACKUP_FAILED", {
    what: `while the server was copied, somebody made a tablespace: ${names}`,
    next: "drop it, or install pg_dump, so that the database can be dumped instead",
  });
