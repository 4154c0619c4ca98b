/** Oids from here on are not Postgres' own (FirstNormalObjectId); 2200 is schema public. */
const isNotBuiltIn = (oid: string): string => `(${oid} >= 16384 or ${oid} = 2200)`;

/** Who holds what, by catalog and oid, with what Postgres grants by itself (manual: 5.8, Privileges). */
const held = `
  select 'pg_class' as catalog, oid, 0 as sub, relacl as acl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner) as usual
    from pg_class where relacl is not null and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select 'pg_class', attrelid, attnum, attacl, null from pg_attribute where attacl is not null and attnum > 0 and not attisdropped
  union all
  select 'pg_proc', oid, 0, proacl, acldefault('f', proowner) from pg_proc where proacl is not null
  union all
  select 'pg_type', oid, 0, typacl, acldefault('T', typowner) from pg_type where typacl is not null
  union all
  -- What initdb gives for schema public, as its owner: with CREATE for everybody up to 14.
  select 'pg_namespace', oid, 0, nspacl, case when nspname = 'public' then
      acldefault('n', nspowner) || makeaclitem(0, nspowner, 'USAGE', false) ||
      case when current_setting('server_version_num')::int < 150000 then array[makeaclitem(0, nspowner, 'CREATE', false)] end
    else acldefault('n', nspowner) end from pg_namespace where nspacl is not null
  union all
  select 'pg_database', oid, 0, datacl, acldefault('d', datdba) from pg_database where datacl is not null and datname = current_database()
  union all
  select 'pg_language', oid, 0, lanacl, acldefault('l', lanowner) from pg_language where lanacl is not null
  union all
  select 'pg_foreign_data_wrapper', oid, 0, fdwacl, acldefault('F', fdwowner) from pg_foreign_data_wrapper where fdwacl is not null
  union all
  select 'pg_foreign_server', oid, 0, srvacl, acldefault('S', srvowner) from pg_foreign_server where srvacl is not null
  union all
  -- Those of a schema only add; those without say what the whole is (manual: ALTER DEFAULT PRIVILEGES).
  select 'pg_default_acl', oid, 0, defaclacl, case when defaclnamespace <> 0 then null
    else acldefault(case defaclobjtype when 'S' then 's' else defaclobjtype end, defaclrole) end from pg_default_acl`;

const exploded = (acl: string): string =>
  `select h.catalog, h.oid, h.sub, a.grantee, lower(a.privilege_type) as privilege, bool_or(a.is_grantable) as grantable
   from held h, lateral aclexplode(${acl}) a group by 1, 2, 3, 4, 5`;

/**
 * One row for each privilege that is not as Postgres grants it by itself; `revoked` where it is missing. An ACL that says
 * in words what would be so anyway gives none.
 */
export const grantQuery = `
with held as materialized (select * from (${held}) h where ${isNotBuiltIn("oid")}),
present as (${exploded("h.acl")}), usual as (${exploded("h.usual")})
select one.catalog, one.oid::int8 as oid, one.sub, case when one.grantee = 0 then 'public' else quote_ident(r.rolname) end as "to",
  one.privilege, one.grantable, one.revoked
from (
  select *, false as revoked from (select * from present except select * from usual) p
  union all
  select *, true from (select * from usual u where not exists (
    select from present p where (p.catalog, p.oid, p.sub, p.grantee, p.privilege) = (u.catalog, u.oid, u.sub, u.grantee, u.privilege))) m
) one left join pg_roles r on r.oid = one.grantee
where one.grantee = 0 or r.oid is not null`;

/** Words of people. The database's own comment is where Poststack writes its mark. */
export const commentQuery = `
select d.classoid::regclass::text as catalog, d.objoid::int8 as oid, d.objsubid as sub, d.description as comment
from pg_description d
where ${isNotBuiltIn("d.objoid")} and d.classoid <> 'pg_extension'::regclass
  and not (d.objoid = 2200 and d.description = 'standard public schema')`;

/** Whose later objects get which privileges: the objects that stand for rows of `pg_default_acl`. */
export const defaultPrivilegeRows = `select 'default privileges' as kind, 'pg_default_acl' as catalog, d.oid::int8 as oid, 0 as sub,
  concat('for role ' || quote_ident(r.rolname) || ' ', 'in schema ' || quote_ident(n.nspname) || ' ', 'on ' || t.type) as name,
  null::text as parent, null::int8 as owner, null::text as shape,
  json_strip_nulls(json_build_object('role', case when d.defaclrole <> b.datdba then quote_ident(r.rolname) end, 'schema', quote_ident(n.nspname), 'objects', t.type)) as facts
from pg_default_acl d join pg_roles r on r.oid = d.defaclrole left join pg_namespace n on n.oid = d.defaclnamespace
join pg_database b on b.datname = current_database()
join (values ('r', 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types'), ('n', 'schemas'), ('L', 'large objects')) t (code, type) on t.code = d.defaclobjtype::text`;
