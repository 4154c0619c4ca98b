import { askedLength } from "../../../core/without-texts.ts";

/** Seconds after which an open transaction is told of where a statement waits for all of them. */
const oldTransactionS = 60;

/** How long measuring waits for a lock: shorter than anybody notices of a plan. */
const patienceMs = 200;

/** What a system's relation has below it (FirstNormalObjectId of the server): nobody's migration alters those. */
export const firstOid = 16_384;

/**
 * SQL: what a name, as it stands in a list of them, means to the files: they run as the owner, and the session that asks has
 * the system's names alone on its own path. What lies in a schema that the session may not use is not found: it would be
 * refused with 42501, and with it the whole look.
 *
 * @param to `to_regclass` or `to_regtype`
 */
const meant = (to: string): string => `coalesce(case when not exists (
  select from closed_schema where cardinality(parse_ident(name, false)) > 1 and nspname = (parse_ident(name, false))[1]
) then ${to}(name) end, (
  select ${to}(schema || '.' || name) as found from path
  where cardinality(parse_ident(name, false)) = 1 and ${to}(schema || '.' || name) is not null order by position limit 1
))::oid`;

// Each step is a set, so that its size decides the cost and not the number of statements. Between two steps stands an array:
// of a set that was found by recursion the planner expects ten times the rows, and after three of them millions. `known` is
// what a statement may lock besides what it names: the table of an index, partitions, tables at the other end of a foreign
// key, views.
export const catalogQuery = `
with recursive
-- As a login of the owner finds it (manual: ALTER ROLE, SET): what is set for both wins, then for the role, for the database.
-- Where none is, the value that a reset leads back to is the server's, but for an admin who has one of its own. Schemas that
-- are not there, or not the owner's to use, are passed over (manual: search_path).
path as materialized (
  select position, quote_ident(n.nspname) as schema
  from pg_database d
  cross join lateral coalesce((
    select substr(config, 1 + length('search_path=')) from pg_db_role_setting, unnest(setconfig) as config
    where starts_with(config, 'search_path=') and setrole in (0, d.datdba) and setdatabase in (0, d.oid)
    order by setrole = 0, setdatabase = 0 limit 1
  ), (
    select case when exists (
      select from pg_db_role_setting s join pg_roles r on r.oid = s.setrole, unnest(setconfig) as config
      where r.rolname = session_user and setdatabase in (0, d.oid) and starts_with(config, 'search_path=')
    ) then boot_val else reset_val end from pg_settings where name = 'search_path'
  )) as text
  cross join lateral regexp_matches(text, '"((?:[^"]|"")*)"|([^,\\s"]+)', 'g') with ordinality as found(part, position)
  cross join lateral coalesce(replace(part[1], '""', '"'), lower(part[2])) as schema
  join pg_namespace n on n.nspname = case when schema = '$user' then pg_get_userbyid(d.datdba) else schema end
  where d.datname = current_database()
    and has_schema_privilege(d.datdba, n.oid, 'usage') and has_schema_privilege(n.oid, 'usage')
),
closed_schema as materialized (select nspname from pg_namespace where not has_schema_privilege(oid, 'usage')),
named as materialized (
  select index, ${meant("to_regclass")} as oid from unnest($1::text[]) with ordinality as asked(name, index)
),
asked_domain as materialized (
  select index, ${meant("to_regtype")} as oid from unnest($3::text[]) with ordinality as asked(name, index)
),
domain_tree(index, oid) as (
  select index, oid from asked_domain where oid is not null
  union select index, t.oid from domain_tree join pg_type t on t.typbasetype = domain_tree.oid and t.typtype = 'd'
),
domain_table as materialized (
  select distinct index, attrelid as oid from domain_tree
  join pg_attribute on atttypid = domain_tree.oid and not attisdropped
  join pg_class c on c.oid = attrelid and c.relkind in ('r', 'p', 'm', 'f')
),
start as materialized (
  select unnest(array(
    select oid from named where oid >= ${firstOid}
    union select indrelid from pg_index join named on indexrelid = named.oid where indrelid >= ${firstOid}
    union select oid from domain_table
    union select unnest($7::oid[])
    union select c.oid from pg_class c join pg_namespace n on n.oid = relnamespace
      where nspname = any($6::text[]) and relkind in ('r', 'p', 'v', 'm', 'S', 'f') and c.oid >= ${firstOid}
  )) as oid
),
heir(oid) as (
  select oid from start union select inhrelid from heir join pg_inherits on inhparent = heir.oid
),
below as materialized (select unnest(array(select oid from heir)) as oid),
referencing(oid, step) as (
  select oid, 0 from below
  union select conrelid, step + 1 from referencing join pg_constraint on confrelid = referencing.oid and contype = 'f'
  where step = 0 or ($5::bool and step < 20)
),
partner as materialized (
  select unnest(array(
    select confrelid as oid from pg_constraint join below on conrelid = below.oid where contype = 'f'
    union select oid from referencing
  )) as oid
),
partner_heir(oid) as (
  select oid from partner union select inhrelid from partner_heir join pg_inherits on inhparent = partner_heir.oid
),
around as materialized (select unnest(array(select oid from below union select oid from partner_heir)) as oid),
view_above(oid) as (
  select oid from around
  union select ev_class from view_above
  join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = view_above.oid and d.classid = 'pg_rewrite'::regclass
  join pg_rewrite r on r.oid = d.objid
),
read_below(oid) as (
  select oid from start
  union select d.refobjid from read_below
  join pg_rewrite r on r.ev_class = read_below.oid
  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
  where d.refobjid >= ${firstOid}
),
owned as materialized (
  select distinct d.objid as oid, d.refobjid as by, a.attname as of from pg_depend d
  join pg_class s on s.oid = d.objid and s.relkind = 'S' join around on d.refobjid = around.oid
  join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
),
known as materialized (
  select unnest(array(
    select oid from view_above union select oid from read_below union select oid from owned
    union select inhparent from pg_inherits join below on inhrelid = below.oid
    union select partdefid from pg_inherits join below on inhrelid = below.oid join pg_partitioned_table on partrelid = inhparent where partdefid <> 0
    union select oid from named where oid >= ${firstOid}
  )) as oid
),
lock_of_others as materialized (
  select relation, pid, mode, virtualtransaction from pg_locks
  where locktype = 'relation' and pid is distinct from pg_backend_pid()
    and database = (select oid from pg_database where datname = current_database())
),
wanted_by as materialized (select lock_of_others.* from lock_of_others join known on relation = known.oid),
closed as materialized (
  select relation as oid from lock_of_others where mode = 'AccessExclusiveLock' union select oid from known where $8::bool
),
-- A size is told of open files: of the table, of its indexes, of its TOAST table and of the index of that. REINDEX locks only
-- the index as ALTER TABLE locks the table.
unmeasured as materialized (
  select c.oid from known join pg_class c on c.oid = known.oid
  where c.oid in (select oid from closed) or c.reltoastrelid in (select oid from closed)
    or exists (select from pg_index where indrelid in (c.oid, c.reltoastrelid) and indexrelid in (select oid from closed))
),
-- For a lock that somebody takes between the look at pg_locks and the measuring. It ends with this statement.
patience as materialized (select set_config('lock_timeout', '${patienceMs}ms', true)),
relation as (
  select c.oid::bigint, n.nspname as schema, c.relname as name, c.relkind,
    case when c.relkind not in ('r', 'm', 'i') then 0
      when unmeasured.oid is not null then c.relpages * current_setting('block_size')::bigint
      when c.relkind = 'i' then coalesce(pg_relation_size(c.oid), 0)
      -- An empty table may have a TOAST table, whose index has a page.
      when pg_relation_size(c.oid) > 0 then pg_table_size(c.oid) else 0 end as bytes,
    case when c.relkind not in ('r', 'm') then 0
      when unmeasured.oid is not null then coalesce((select sum(relpages) from pg_index join pg_class i on i.oid = indexrelid
        where indrelid = c.oid), 0) * current_setting('block_size')::bigint
      else coalesce(pg_indexes_size(c.oid), 0) end as "indexBytes",
    c.reltuples::float8 as rows, (select count(*)::int from pg_index where indrelid = c.oid) as indexes,
    c.relpersistence = 'p' as "isLogged", c.relpersistence = 't' as "isTemporary",
    coalesce((select spcname from pg_tablespace where oid = c.reltablespace), '') as tablespace,
    coalesce((select amname from pg_am where oid = c.relam), '') as "accessMethod",
    (select indrelid::bigint from pg_index where indexrelid = c.oid) as table,
    coalesce((select json_agg(json_build_array(attname, format_type(atttypid, atttypmod), format_type(atttypid, null), attnotnull, attgenerated,
        (select format_type(typbasetype, typtypmod) from pg_type where oid = atttypid and typtype = 'd')) order by attnum)
      from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped and c.relkind in ('r', 'p', 'm', 'f')), '[]') as columns,
    coalesce((select json_agg(json_build_array(conname, convalidated,
        array(select attname from pg_attribute where attrelid = c.oid and attnum = any(conkey)),
        case when closed.oid is null then pg_get_constraintdef(con.oid) end) order by conname)
      from pg_constraint con where conrelid = c.oid and contype = 'c'), '[]') as checks,
    array(select distinct attname from pg_index i join pg_attribute on attrelid = i.indrelid and attnum = any(i.indkey::int2[])
      where i.indrelid = c.oid) as indexed
  from patience cross join known join pg_class c on c.oid = known.oid join pg_namespace n on n.oid = c.relnamespace
  left join closed on closed.oid = c.oid left join unmeasured on unmeasured.oid = c.oid
  where n.nspname not in ('pg_catalog', 'information_schema', 'poststack')
),
foreign_key as (
  select json_build_array(conname, conrelid::bigint, confrelid::bigint,
    array(select attname from pg_attribute where attrelid = conrelid and attnum = any(conkey)),
    array(select attname from pg_attribute where attrelid = confrelid and attnum = any(confkey)), convalidated) as one
  from pg_constraint where contype = 'f' and (conrelid in (select oid from around) or confrelid in (select oid from around))
),
asked_type as materialized (select name, ${meant("to_regtype")} as oid from unnest($2::text[]) as asked(name)),
base_type(root, oid) as (
  select oid, oid from asked_type where oid is not null
  union select root, typbasetype from base_type join pg_type t on t.oid = base_type.oid where typtype = 'd'
),
holder as (
  select a.pid, coalesce(nullif(a.application_name, ''), a.backend_type, 'a prepared transaction') as application,
    coalesce(a.state, case when a.pid is null then 'prepared' else 'active' end) as state,
    coalesce(extract(epoch from now() - coalesce(a.xact_start, p.prepared, a.backend_start))::int, 0) as "ageS",
    coalesce(left(a.query, ${askedLength}), '') as query,
    coalesce(json_agg(json_build_object('relation', w.relation::bigint, 'mode', w.mode)) filter (where w.relation is not null), '[]') as locks
  from wanted_by w left join pg_prepared_xacts p on w.pid is null and w.virtualtransaction = '-1/' || p.transaction
  full join (
    select * from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()
  ) a on a.pid = w.pid
  where w.relation is not null or (a.backend_type = 'client backend' and a.xact_start < now() - interval '${oldTransactionS} s')
  group by a.pid, a.application_name, a.backend_type, a.state, a.xact_start, a.backend_start, a.query, p.prepared, p.gid
)
select json_build_object(
  'named', coalesce((select json_agg(json_build_array(index, oid::bigint)) from named where oid >= ${firstOid}), '[]'),
  'relations', coalesce((select json_agg(relation order by schema, name) from relation), '[]'),
  'inheritance', coalesce((select json_agg(json_build_array(inhrelid::bigint, inhparent::bigint) order by inhrelid) from pg_inherits where inhparent in (select oid from known)), '[]'),
  'defaults', coalesce((select json_agg(json_build_array(partrelid::bigint, partdefid::bigint)) from pg_partitioned_table where partdefid <> 0 and partrelid in (select oid from known)), '[]'),
  'foreign_keys', coalesce((select json_agg(one) from foreign_key), '[]'),
  'reads', coalesce((select json_agg(json_build_array(view::bigint, of::bigint, columns)) from (
    select r.ev_class as view, d.refobjid as of, array_remove(array_agg(attname), null) as columns from pg_rewrite r
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
    left join pg_attribute on attrelid = d.refobjid and attnum = d.refobjsubid and attnum > 0
    where r.ev_class in (select oid from known) and d.refobjid in (select oid from known) group by 1, 2) as link), '[]'),
  'owned', coalesce((select json_agg(json_build_array(oid::bigint, by::bigint, of)) from owned), '[]'),
  'types', coalesce((select json_agg(json_build_array(a.name, format_type(a.oid, null),
      (select format_type(typbasetype, null) from pg_type where oid = a.oid and typtype = 'd'),
      exists (select from base_type b join pg_type t on t.oid = b.oid where b.root = a.oid
        and (t.typnotnull or exists (select from pg_constraint where contypid = t.oid))),
      array(select format_type(castsource, null) from pg_cast where casttarget = a.oid and castmethod = 'b')))
    from asked_type a where a.oid is not null), '[]'),
  'domains', coalesce((select json_agg(json_build_array(index, oids)) from (select index, array_agg(oid::bigint) as oids from domain_table group by index) as d), '[]'),
  'functions', coalesce((select json_agg(json_build_array(proname, is_volatile)) from (
    select proname, bool_or(provolatile = 'v') as is_volatile from pg_proc where proname = any($4::text[]) group by proname) as f), '[]'),
  'is_utc', current_setting('TimeZone') in ('UTC', 'GMT', 'Etc/UTC', 'Etc/GMT', 'UCT', 'Zulu'),
  'holders', coalesce((select json_agg(holder order by "ageS" desc, pid) from holder), '[]')
)::text as facts`;
