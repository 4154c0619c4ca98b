import { isMarked, markedPart, readMark } from "../../core/mark.ts";
import type { Ports } from "../../core/ports.ts";
import type { Row, Session } from "../../core/ports/postgres.ts";
import { askedOnCatalogPath, quoteLiteral, quoteTexts, sqlFailure } from "../../core/sql.ts";
import { witnessKey } from "./mark.ts";
import type { DesiredDatabase, ObservedDatabase } from "./model.ts";

/** The databases that the files name, where they exist. The ledger is asked for in the same round trip. */
export async function observe(
  desired: readonly DesiredDatabase[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedDatabase[]> {
  const [first] = desired;
  if (first === undefined) return [];
  const session = await ports.server.admin(signal);
  const [rows, ledger] = await Promise.all([
    session.query(askedOnCatalogPath(databasesSql(desired, first.mark)), [], signal),
    readLedger(session, signal),
  ]);
  return rows.map((row) => observedDatabase(row, row.is_here === true ? ledger : noLedger, first.mark));
}

const isToGo = ({ to, deleteData }: DesiredDatabase): boolean => to === "absent" && deleteData;

/** What only the session's own database can tell is null for the others. */
const databasesSql = (desired: readonly DesiredDatabase[], mark: string): string => `
select d.datname as name, d.oid::int8 as oid, r.rolname as owner_role,
  ${markedPart("c.description", mark)} as marked,
  coalesce(c.description ~ concat('poststack [0-9a-f]{32} ', d.oid, '([ \\n]|$)'), false) as claimed,
  c.description is null and ${isMarked("o.description", mark, "r.oid")} as unfinished,
  ${isMarked("o.description", mark, "r.oid")} and r.rolname <> current_user as owner_is_ours,
  d.datname = current_database() as is_here,
  to_regnamespace('poststack') is not null as has_schema,
  (
    select coalesce(json_agg(distinct w.rolname), '[]') from pg_catalog.pg_class t,
      lateral aclexplode(coalesce(t.relacl, acldefault('r', t.relowner))) a join pg_catalog.pg_roles w on w.oid = a.grantee
    where t.oid = to_regclass('poststack.schema_migrations') and a.privilege_type = 'INSERT'
  ) as ledger_writers,
  case when ${desired.some(isToGo)} or c.description is null then (
    select count(*)::int8 from (
      select 'pg_class'::regclass as class, oid, relnamespace as schema from pg_catalog.pg_class
        where relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
      union all select 'pg_proc'::regclass, oid, pronamespace from pg_catalog.pg_proc
      union all select 'pg_type'::regclass, oid, typnamespace from pg_catalog.pg_type where typtype in ('d', 'e', 'r')
    ) x join pg_catalog.pg_namespace n on n.oid = x.schema
    where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'poststack')
      and not exists (
        select from pg_catalog.pg_depend e where e.classid = x.class and e.objid = x.oid and e.deptype = 'e'
      )
  ) end as objects
from pg_catalog.pg_database d
join pg_catalog.pg_roles r on r.oid = d.datdba
left join pg_catalog.pg_shdescription c on c.objoid = d.oid and c.classoid = 'pg_catalog.pg_database'::regclass
left join pg_catalog.pg_shdescription o on o.objoid = r.oid and o.classoid = 'pg_catalog.pg_authid'::regclass
where d.datname = any(${quoteTexts(desired.map(({ name }) => name))})`;

/** What the ledger says of itself and of its database, as it stands there. */
interface LedgerValues {
  readonly version: unknown;
  readonly witness: unknown;
}
const noLedger: LedgerValues = { version: undefined, witness: undefined };

/** Nothing where there is no ledger, or none that may be read. */
export async function readLedger(session: Session, signal: AbortSignal): Promise<LedgerValues> {
  try {
    const rows = await session.query(
      askedOnCatalogPath(
        `select key, value from poststack.system_info where key in ('ledger_version', ${quoteLiteral(witnessKey)})`,
      ),
      [],
      signal,
    );
    const valueOf = (wanted: string): unknown => rows.find(({ key }) => key === wanted)?.value;
    return { version: valueOf("ledger_version"), witness: valueOf(witnessKey) };
  } catch (error) {
    // undefined_table, invalid_schema_name, undefined_column, insufficient_privilege
    if (["42P01", "3F000", "42703", "42501"].includes(sqlFailure(error)?.sqlState ?? "")) return noLedger;
    throw error;
  }
}

function observedDatabase(row: Row, { version: ledger, witness }: LedgerValues, mark: string): ObservedDatabase {
  const oid = Number(row.oid);
  const found = readMark(row.marked, mark, oid);
  const isHere = row.is_here === true;
  const version = typeof ledger === "string" && /^\d{1,6}$/.test(ledger) ? Number(ledger) : undefined;
  const objects = isHere ? Number(row.objects ?? 0) : 0;
  // CREATE DATABASE cannot share a transaction with its comment. A database without a word, empty, that belongs to a
  // role of ours is one whose creation was cut in between. One that appeared only after this session was opened elsewhere
  // may be in the middle of it: its update needs a session inside, so the next look tells whether it is empty.
  const unfinished = row.unfinished === true && (!isHere || (objects === 0 && row.has_schema !== true));
  // Handed over to another environment, whose mark its comment bears, it is no longer ours.
  const isOthers = row.claimed === true && found?.of !== "self";
  const witnessed = !isOthers && readMark(witness, mark, oid)?.of === "self";
  return {
    name: String(row.name),
    oid,
    owner: found?.of === "self" || witnessed || unfinished ? "ours" : "foreign",
    marked: found?.of === "self",
    witnessed,
    strayMark: found?.of === "another",
    ownerRole: String(row.owner_role),
    ownerIsOurs: row.owner_is_ours === true,
    ledgerVersion: version ?? 0,
    ledgerUnreadable: isHere && row.has_schema === true && version === undefined,
    ledgerWriters: Array.isArray(row.ledger_writers)
      ? row.ledger_writers.filter((name) => typeof name === "string").sort()
      : [],
    objects,
  };
}
