import type { Ports } from "../../core/ports.ts";
import type { Row, Session } from "../../core/ports/postgres.ts";
import { sqlFailure } from "../../core/sql.ts";
import { fromOurDefault, isMember, privilegesSql, signatureSql } from "./catalog.ts";
import type { DesiredGrant, ObservedGrant, ObservedPrivilege, PrivilegeType } from "./model.ts";
import { qualified } from "./names.ts";

/**
 * Privileges of the roles that the files name and those that the ledger tells of, the objects that could be granted on,
 * and which of the roles exist: one query. Nothing at all while the database does not exist.
 */
export async function observe(
  desired: readonly DesiredGrant[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedGrant[]> {
  const session = await ports.server.database(signal);
  if (session === undefined) return [];
  const row = await ask(session, desired, signal);
  return [
    {
      type: "server",
      version: session.version,
      ...(typeof row.database === "string" ? { database: row.database } : {}),
    },
    ...objects(row.roles).map(({ name }) => ({ type: "role", name: String(name) }) as const),
    ...objects(row.objects).map(observedObject),
    ...objects(row.privileges).map((one) => ({ type: "privilege", privilege: observedPrivilege(one) }) as const),
  ];
}

const ledger = "poststack.privileges";

/** For a database without a ledger of ours: nothing was granted by us. */
const noLedger = `(select ''::text as type, 0::oid as object, 0::oid as owner, 0::oid as grantee, ''::text as privilege,
  false as ours, false as option_ours where false)`;

async function ask(session: Session, desired: readonly DesiredGrant[], signal: AbortSignal): Promise<Row> {
  const roles = [...new Set(desired.map(({ to }) => to))];
  const schemas = [...new Set(desired.flatMap(({ on }) => (on.type === "database" ? [] : [on.schema])))];
  const kinds = [...new Set(desired.map(({ on }) => on.type))];
  // Without a wish only what the ledger tells of matters, and mostly it tells of nothing.
  if (desired.length === 0 && (await isEmpty(session, signal))) return {};
  const rows = await session.query(factsSql(ledger), [roles, schemas, kinds], signal).catch((error: unknown) => {
    if (!isWithoutLedger(error)) throw error;
    return session.query(factsSql(noLedger), [roles, schemas, kinds], signal);
  });
  return rows[0] ?? {};
}

async function isEmpty(session: Session, signal: AbortSignal): Promise<boolean> {
  const [row] = await session
    .query(`select not exists (select from ${ledger}) as empty`, [], signal)
    .catch((error: unknown) => {
      if (!isWithoutLedger(error)) throw error;
      return [{ empty: true }];
    });
  return row?.empty === true;
}

/** undefined_table, invalid_schema_name, undefined_column, insufficient_privilege */
const isWithoutLedger = (error: unknown): boolean =>
  ["42P01", "3F000", "42703", "42501"].includes(sqlFailure(error)?.sqlState ?? "");

const factsSql = (rows: string): string => `
with grantees as materialized (
  select oid from pg_catalog.pg_roles where rolname = any($1)
  union select 0 where 'public' = any($1)
  union select l.grantee from ${rows} l
),
a as materialized (${privilegesSql(
  `n.nspname = any($2) or (o.type, o.oid) in (select l.type, l.object from ${rows} l)
    or n.oid in (select l.object from ${rows} l where l.type like 'default %')`,
  "a.grantee in (select oid from grantees)",
)}),
found as (
  select a.*, coalesce(g.rolname, 'public') as "to", coalesce(h.rolname, '') as owner_name, r.type is not null as is_recorded,
    coalesce(r.ours, ${fromOurDefault(rows)}) as ours, coalesce(r.option_ours, false) as option_ours
  from a
  left join pg_catalog.pg_roles g on g.oid = a.grantee
  left join pg_catalog.pg_roles h on h.oid = a.owner
  left join ${rows} r on r.type = a.type and r.object = a.object and r.owner = a.owner and r.grantee = a.grantee
    and r.privilege = a.privilege
  where a.grantee = 0 or g.oid is not null
)
select current_database()::text as database,
  (
    select json_agg(json_build_object('to', f."to", 'type', f.type, 'oid', f.object::int8, 'name', f.name,
      'signature', f.signature, 'schema', f.schema, 'owner', f.owner_name, 'privilege', f.privilege,
      'grantable', f.grantable, 'ours', f.ours, 'option_ours', f.option_ours))
    from found f where f."to" = any($1) or f.is_recorded or f.ours
  ) as privileges,
  (
    select json_agg(json_build_object('kind', o.kind, 'schema', o.schema, 'name', o.name, 'signature', o.signature,
      'is_member', o.is_member))
    from (
      select case when c.relkind = 'S' then 'sequence' else 'table' end as kind, n.nspname as schema, c.relname as name,
        '' as signature, ${isMember("c.oid", "pg_class")} as is_member
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any($2) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      union all
      select 'function', n.nspname, p.proname, ${signatureSql("p.proargtypes")}, ${isMember("p.oid", "pg_proc")}
      from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace where n.nspname = any($2)
      union all
      select 'schema', nspname, nspname, '', false from pg_catalog.pg_namespace where nspname = any($2)
    ) o where o.kind = 'schema' or o.kind = any($3)
  ) as objects,
  (select json_agg(json_build_object('name', rolname)) from pg_catalog.pg_roles where rolname = any($1)) as roles`;

function observedPrivilege(row: Readonly<Record<string, unknown>>): ObservedPrivilege {
  const type = String(row.type) as PrivilegeType;
  const [schema, name, signature] = [row.schema, row.name, row.signature].map(String) as [string, string, string];
  const isInside = type === "table" || type === "sequence" || type === "function";
  return {
    to: String(row.to),
    type,
    object: isInside ? qualified(schema, name, type === "function" ? signature : undefined) : name,
    oid: Number(row.oid),
    schema,
    owner: String(row.owner),
    privilege: String(row.privilege),
    grantable: row.grantable === true,
    ours: row.ours === true,
    optionOurs: row.option_ours === true,
  };
}

function observedObject(row: Readonly<Record<string, unknown>>): ObservedGrant {
  return {
    type: "object",
    kind: String(row.kind) as "schema" | "table" | "sequence" | "function",
    schema: String(row.schema),
    name: String(row.name),
    signature: String(row.signature),
    isMember: row.is_member === true,
  };
}

const objects = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];
