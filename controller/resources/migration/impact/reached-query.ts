import type { Session } from "../../../core/ports/postgres.ts";
import { firstOid } from "./live-query.ts";
import { reachingKey, type Reaching } from "./reaching.ts";

const inSchemas = (schema: string): string =>
  `exists (select from pg_namespace n where n.oid = ${schema} and (n.nspname = any(a.schemas)
    or a.schemas is null and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'poststack')))`;

/**
 * The relations that are reached by way of something else, from the server's own record of what depends on what (manual:
 * pg_depend), as a DROP follows it. Of functions that share a name all are taken: which one is meant, its arguments say.
 */
const reachedQuery = `
with recursive
asked as materialized (
  select * from json_to_recordset($1::json)
    as a(index int, sort text, name text, schemas text[], takes text, kinds text[], owners text[])
),
this as materialized (select oid, datdba, dattablespace from pg_database where datname = current_database()),
start(index, takes, classid, objid, objsubid) as (
  select index, takes, 'pg_statistic_ext'::regclass::oid, s.oid, 0 from asked a join pg_statistic_ext s on stxname = name
    where sort = 'statistics' and ${inSchemas("stxnamespace")}
  union all
  select index, takes, 'pg_type'::regclass, t.oid, 0 from asked a join pg_type t on typname = name
    where sort = 'type' and ${inSchemas("typnamespace")}
  union all
  select index, takes, 'pg_proc'::regclass, p.oid, 0 from asked a join pg_proc p on proname = name
    where sort = 'function' and ${inSchemas("pronamespace")}
  union all
  select index, takes, 'pg_class'::regclass, c.oid, 0 from asked a cross join this
    join pg_class c on relowner = coalesce((select r.oid from pg_roles r where rolname = name), case when name is null then datdba end)
    where sort = 'owner' and relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
  union all
  select index, takes, 'pg_class'::regclass, c.oid, 0 from asked a cross join this
    join pg_tablespace s on s.spcname = name
    join pg_class c on reltablespace = s.oid or (reltablespace = 0 and s.oid = dattablespace)
    where sort = 'tablespace' and relkind::text = any(kinds) and relpersistence <> 't'
      and (owners is null or pg_get_userbyid(relowner) = any(owners))
),
lost(index, takes, classid, objid, objsubid) as (
  select * from start
  union
  select l.index, l.takes, next.* from lost l cross join lateral (
    select classid, objid, objsubid from pg_depend d
    where d.refclassid = l.classid and d.refobjid = l.objid and (l.objsubid = 0 or d.refobjsubid = l.objsubid)
      and case l.takes when 'dependents' then d.deptype in ('n', 'a', 'i', 'P', 'S') when 'parts' then d.deptype in ('a', 'i', 'P', 'S')
        else false end
    union all
    select 'pg_class'::regclass, v.oid, 0 from pg_rewrite r join pg_class v on v.oid = ev_class and relkind in ('v', 'm')
    where l.classid = 'pg_rewrite'::regclass and r.oid = l.objid
  ) as next
),
relation(index, oid) as (
  select index, case classid
      when 'pg_class'::regclass then objid
      when 'pg_attrdef'::regclass then (select adrelid from pg_attrdef where oid = objid)
      when 'pg_trigger'::regclass then (select tgrelid from pg_trigger where oid = objid)
      when 'pg_rewrite'::regclass then (select ev_class from pg_rewrite where oid = objid)
      when 'pg_policy'::regclass then (select polrelid from pg_policy where oid = objid)
      when 'pg_constraint'::regclass then (select conrelid from pg_constraint where oid = objid)
      when 'pg_statistic_ext'::regclass then (select stxrelid from pg_statistic_ext where oid = objid) end
  from lost
  union
  select index, indrelid from lost join pg_index on indexrelid = objid
    where classid = 'pg_class'::regclass and takes <> 'nothing'
)
select index, array_agg(c.oid::bigint)::text[] as oids from relation join pg_class c on c.oid = relation.oid
where c.oid >= ${firstOid} and relkind <> 't' group by index`;

/** By {@link reachingKey}. One question where anything is asked, and else none. */
export async function readReached(
  all: readonly Reaching[],
  session: Session,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly number[]>> {
  if (all.length === 0) return new Map();
  const asked = JSON.stringify(all.map((one, index) => ({ index, ...one })));
  const reached = new Map<string, number[]>();
  for (const { index, oids } of await session.query(reachedQuery, [asked], signal)) {
    const one = all[Number(index)];
    if (one === undefined || !Array.isArray(oids)) continue;
    reached.set(reachingKey(one), [...(reached.get(reachingKey(one)) ?? []), ...oids.map(Number)]);
  }
  return reached;
}
