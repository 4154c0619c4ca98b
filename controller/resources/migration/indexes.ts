import type { Session } from "../../core/ports/postgres.ts";
import type { SqlStatement } from "../../core/ports/sql-parser.ts";

type Kind = SqlStatement["kind"];
export type BuildIndex = Extract<Kind, { readonly is: "build-index" }>;

/** What the catalog says of a statement whose end is not known (RELIABILITY 26). */
export type Verdict = "done" | "again" | "unknown";

/** Looks whether the statement took effect, and clears away what it left half done. */
export async function verify(session: Session, kind: Kind, signal: AbortSignal): Promise<Verdict> {
  if (kind.is === "build-index") return kind.name === undefined ? "unknown" : verifyIndex(session, kind, signal);
  if (kind.is === "drop-index") {
    const [row] = await session.query("select to_regclass($1) is null as gone", [kind.name], signal);
    return row?.["gone"] === true ? "done" : "again";
  }
  return isRepeatable(kind) ? "again" : "unknown";
}

/** Whether a statement that failed outside of a transaction may simply run again: all others may have committed in part. */
export const isRepeatable = ({ is }: Kind): boolean =>
  is === "build-index" || is === "drop-index" || is === "repeatable" || is === "setting";

/** `IF NOT EXISTS` is content with an index that is not valid: only the catalog proves anything. */
async function verifyIndex(session: Session, kind: BuildIndex, signal: AbortSignal): Promise<Verdict> {
  const [row] = await session.query(
    `select i.indisvalid as valid from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indrelid = to_regclass($1) and c.relname = (parse_ident($2))[1]::name`,
    [kind.table, kind.name ?? ""],
    signal,
  );
  if (row?.["valid"] === true) return "done";
  if (row !== undefined) await dropInvalid(session, kind, [], signal);
  return "again";
}

/**
 * Indexes of the table that are not valid: what an interrupted build leaves. Where the statement gives no name, those that
 * the server could have named for it (its ChooseIndexName: `orders_code_idx`, cut where that is too long), and none while
 * somebody else builds one on the table, which is not valid either; or may: a login does not see what another role builds.
 */
export async function invalidIndexes(
  session: Session,
  kind: BuildIndex,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const rows = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as name
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     join pg_class t on t.oid = i.indrelid
     where i.indrelid = to_regclass($1) and not i.indisvalid and case when $2::text is not null
       then c.relname = (parse_ident($2))[1]::name
       else c.relname ~ '_idx\\d*$' and (starts_with(c.relname, t.relname || '_') or octet_length(c.relname) >= ${63 - 2})
         and not exists (select from pg_stat_progress_create_index p where p.pid <> pg_backend_pid()
           and p.datname = current_database() and coalesce(p.relid, i.indrelid) = i.indrelid) end`,
    [kind.table, kind.name ?? null],
    signal,
  );
  return rows.map((row) => String(row["name"]));
}

/** @param except what was there before the build, and is not ours to drop */
export async function dropInvalid(
  session: Session,
  kind: BuildIndex,
  except: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of await invalidIndexes(session, kind, signal)) {
    if (!except.includes(name)) await session.query(`drop index concurrently if exists ${name}`, [], signal);
  }
}
