import type { Row, Session } from "../../core/ports/postgres.ts";

/** What the catalog itself says is not as it was meant to be, whoever made it. */
export type CatalogFault = InvalidIndex | UncheckedConstraint;

/** An index that is kept up to date and answers no query: what an interrupted build leaves. */
export interface InvalidIndex {
  readonly kind: "invalid index";
  /** Quoted where it has to be, with its schema: as a statement takes it. */
  readonly name: string;
  readonly table: string;
  /**
   * rebuild: REINDEX makes it good. drop: REINDEX CONCURRENTLY left it beside the index that it was to replace, or the
   * other way round (manual: REINDEX, Rebuilding Indexes Concurrently). attach: an index of a partitioned table, which
   * becomes valid when each partition has its own.
   */
  readonly remedy: "rebuild" | "drop" | "attach";
}

/** A constraint that holds for new rows only, until somebody validates it. */
interface UncheckedConstraint {
  readonly kind: "unchecked constraint";
  /** Quoted where it has to be, without a schema. */
  readonly name: string;
  readonly table: string;
}

/**
 * Indexes that are being built at this moment are none; nor, for a login that may not see what another role builds (its columns
 * are null then), any while something is. What belongs to us, or to the system, is not looked at.
 */
const invalidIndexesSql = `
select format('%I.%I', n.nspname, c.relname) as name, format('%I.%I', tn.nspname, t.relname) as table,
  case when c.relkind = 'I' then 'attach' when c.relname ~ '_cc(new|old)\\d*$' then 'drop' else 'rebuild' end as remedy
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class t on t.oid = i.indrelid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
where not i.indisvalid and n.nspname not in ('pg_catalog', 'information_schema', 'poststack') and n.nspname !~ '^pg_temp'
  and not exists (select from pg_catalog.pg_stat_progress_create_index p
    where p.datname = current_database() and coalesce(p.relid, i.indrelid) = i.indrelid)
order by 1`;

/** What is not enforced (since 18) is never validated either: it is meant so, and the row says it. */
const uncheckedConstraintsSql = `
select quote_ident(o.conname) as name, format('%I.%I', n.nspname, t.relname) as table
from pg_catalog.pg_constraint o
join pg_catalog.pg_class t on t.oid = o.conrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace
where not o.convalidated and coalesce(to_jsonb(o)->>'conenforced', 'true') = 'true' and o.conparentid = 0
  and n.nspname not in ('pg_catalog', 'information_schema', 'poststack')
order by 2, 1`;

/** The query and what each of its rows becomes; all of them on the connection of a look. */
export const catalogQuestions: readonly (readonly [sql: string, read: (row: Row) => CatalogFault])[] = [
  [invalidIndexesSql, invalidIndex],
  [uncheckedConstraintsSql, uncheckedConstraint],
];

/** Of this database. */
export async function readInvalidIndexes(session: Session, signal: AbortSignal): Promise<readonly InvalidIndex[]> {
  return (await session.query(invalidIndexesSql, [], signal)).map(invalidIndex);
}

function invalidIndex(row: Row): InvalidIndex {
  const remedy = row["remedy"];
  return {
    kind: "invalid index",
    name: String(row["name"]),
    table: String(row["table"]),
    remedy: remedy === "drop" || remedy === "attach" ? remedy : "rebuild",
  };
}

function uncheckedConstraint(row: Row): UncheckedConstraint {
  return { kind: "unchecked constraint", name: String(row["name"]), table: String(row["table"]) };
}

/** The statement that makes it good; undefined where that takes more than one. */
export function remedyFor(fault: CatalogFault): string | undefined {
  if (fault.kind === "unchecked constraint") return `alter table ${fault.table} validate constraint ${fault.name};`;
  switch (fault.remedy) {
    case "rebuild":
      return `reindex index concurrently ${fault.name};`;
    case "drop":
      return `drop index concurrently ${fault.name};`;
    case "attach":
    default:
      return undefined;
  }
}
