import { quoteLiteral } from "../../core/sql.ts";
import { isMember, signatureSql } from "./catalog.ts";
import type { GrantTarget } from "./model.ts";
import { parseFunction } from "./names.ts";

type Named = Extract<GrantTarget, { readonly names: unknown }>;

export const textArray = (values: readonly string[]): string => `array[${values.map(quoteLiteral).join(", ")}]::text[]`;

/** Names as the file has them, in the form that the catalog gives them; none for `all` and what has no names. */
export function askedNames(on: GrantTarget): readonly string[] {
  if (on.type === "database" || on.type === "schema" || on.names === "all") return [];
  if (on.type !== "function") return on.names;
  return on.names
    .map(parseFunction)
    .map(({ name, signature }) => (signature === undefined ? name : `${name}(${signature})`));
}

/**
 * SQL: the objects that a grant speaks of, as they are now: oid, sql_name (as GRANT takes it), schema_oid, holder (their
 * owner), and the two ways to ask for one: plain and full_name.
 */
export function targetsSql(on: GrantTarget): string {
  switch (on.type) {
    case "database":
      return `select oid, format('%I', datname) as sql_name, 0::oid as schema_oid, datdba as holder, '' as plain, '' as full_name
        from pg_catalog.pg_database where datname = current_database() and datname = ${quoteLiteral(on.name)}`;
    case "schema":
      return `select oid, format('%I', nspname) as sql_name, oid as schema_oid, nspowner as holder, '' as plain, '' as full_name
        from pg_catalog.pg_namespace where nspname = ${quoteLiteral(on.schema)}`;
    case "function":
      return chosen(
        on,
        `select p.oid, p.oid::regprocedure::text as sql_name, n.oid as schema_oid, p.proowner as holder,
          p.proname::text as plain, p.proname || '(' || ${signatureSql("p.proargtypes")} || ')' as full_name,
          ${isMember("p.oid", "pg_proc")} as is_member
        from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        where n.nspname = ${quoteLiteral(on.schema)}`,
      );
    default:
      return chosen(
        on,
        `select c.oid, format('%I.%I', n.nspname, c.relname) as sql_name, n.oid as schema_oid, c.relowner as holder,
          c.relname::text as plain, c.relname::text as full_name, ${isMember("c.oid", "pg_class")} as is_member
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = ${quoteLiteral(on.schema)}
          and c.relkind in (${on.type === "sequence" ? "'S'" : "'r', 'p', 'v', 'm', 'f'"})`,
      );
  }
}

/** `all` leaves out what an extension brought; by name it can be asked for. */
function chosen(on: Named, candidates: string): string {
  const names = textArray(askedNames(on));
  const condition = on.names === "all" ? "not is_member" : `plain = any(${names}) or full_name = any(${names})`;
  return `select * from (${candidates}) candidate where ${condition}`;
}
