/**
 * One SELECT of the catalog reader: a row for each object, all in one shape, so that whatever is read becomes an object
 * by the same few lines. Everything here is SQL text.
 */
export interface ObjectRows {
  /** The kind, as an expression. */
  readonly kind: string;
  /** The catalog that the oid is of: `pg_class`. */
  readonly catalog: string;
  readonly oid: string;
  /** `objsubid`: the number of a column. */
  readonly sub?: string;
  /** As SQL names the object behind its kind, quoted and with its schema. */
  readonly name: string;
  /** Kind and name of the object that it belongs to. */
  readonly parent?: string;
  /** Oid of the role. */
  readonly owner?: string;
  /** Null where a fact is as Postgres has it by itself. */
  readonly facts?: Readonly<Record<string, string>>;
  readonly shape?: string;
  /** FROM, WHERE and, where their order means something, ORDER BY. */
  readonly from: string;
}

export function objectRows({
  kind,
  catalog,
  oid,
  sub,
  name,
  parent,
  owner,
  facts = {},
  shape,
  from,
}: ObjectRows): string {
  const pairs = Object.entries(facts).map(([key, value]) => `'${key}', ${value}`);
  return `select ${kind} as kind, '${catalog}' as catalog, ${oid}::int8 as oid, ${sub ?? "0"}::int as sub, ${name} as name,
  ${parent ?? "null"} as parent, ${owner ?? "null"}::int8 as owner, ${shape ?? "null"}::text as shape,
  json_strip_nulls(json_build_object(${pairs.join(", ")})) as facts
${from}`;
}

/** Neither the system's nor ours. Temporary schemas begin with `pg_`, too; no other may (manual: CREATE SCHEMA). */
export const isOfUsers = (namespace: string): string =>
  `${namespace}.nspname !~ '^pg_' and ${namespace}.nspname not in ('information_schema', 'poststack')`;

/** Not a member of an extension, which comes and goes with it. */
export const isNoMember = (catalog: string, oid: string): string => isNoPart(catalog, oid, "'e'");

/** Neither that nor made by Postgres along with something else: the constructors and casts of a range type. */
export const isNoByproduct = (catalog: string, oid: string): string => isNoPart(catalog, oid, "'e', 'i'");

const isNoPart = (catalog: string, oid: string, types: string): string =>
  `not exists (select from pg_depend e where e.classid = 'pg_catalog.${catalog}'::regclass and e.objid = ${oid} and e.deptype in (${types}))`;

/** `public.users` */
export const qualified = (namespace: string, name: string): string => `format('%I.%I', ${namespace}, ${name})`;

/** The name of an object by its oid, where it is a table, an index, a sequence … */
export const relationName = (oid: string): string =>
  `(select format('%I.%I', found_in.nspname, found.relname) from pg_class found join pg_namespace found_in on found_in.oid = found.relnamespace where found.oid = ${oid})`;

export const collationName = (oid: string): string =>
  `(select format('%I.%I', found_in.nspname, found.collname) from pg_collation found join pg_namespace found_in on found_in.oid = found.collnamespace where found.oid = ${oid})`;

export const routineName = (oid: string): string =>
  `(select format('%I.%I', found_in.nspname, found.proname) from pg_proc found join pg_namespace found_in on found_in.oid = found.pronamespace where found.oid = ${oid})`;

/** The name of a routine, where there is one. */
export const orNull = (oid: string): string => `case when ${oid} <> 0 then ${routineName(oid)} end`;

/** `public.f(integer, text)`: what DROP and COMMENT take, without the names of arguments, which a replacement may change. */
export const signature = (p: string, namespace: string): string =>
  `format('%I.%I(%s)', ${namespace}.nspname, ${p}.proname, coalesce((
    select string_agg(format_type(u.type, null), ', ' order by u.position) from unnest(${p}.proargtypes) with ordinality u (type, position)), ''))`;

/** A list of options, `name=value`, as SQL takes them: sorted, since the order in which they were set means nothing. */
export const options = (array: string, prefix = ""): string =>
  `(select array_agg('${prefix}' || quote_ident(split_part(o, '=', 1)) || '=' || quote_literal(substr(o, strpos(o, '=') + 1)) order by o collate "C") from unnest(${array}) o)`;

/** Options of foreign tables and columns: `name 'value'`. */
export const foreignOptions = (array: string, condition = "true"): string =>
  `(select array_agg(quote_ident(split_part(o, '=', 1)) || ' ' || quote_literal(substr(o, strpos(o, '=') + 1)) order by o collate "C")
     from unnest(${array}) o where ${condition})`;

/** The same of servers and of who logs in to them, without those that hold secrets. */
export const loginOptions = (array: string): string =>
  foreignOptions(array, "split_part(o, '=', 1) !~* 'pass|secret|token|key|credential'");

/** Tables, views and foreign tables of users: `r`, with its `name`, `kind` and `identity`. */
export const relations = `(
  select c.*, n.nspname, ${qualified("n.nspname", "c.relname")} as name, k.kind, k.kind || ' ' || ${qualified("n.nspname", "c.relname")} as identity
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join (values ('r', 'table'), ('p', 'table'), ('v', 'view'), ('m', 'materialized view'), ('f', 'foreign table')) k (code, kind) on k.code = c.relkind::text
  where ${isOfUsers("n")} and ${isNoMember("pg_class", "c.oid")}
) r`;
