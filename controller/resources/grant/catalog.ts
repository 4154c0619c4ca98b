/**
 * SQL: privileges in this database, one row each: type, object (oid; for a default privilege the schema's), name,
 * signature, schema, schema_oid, owner (whose later objects; 0 otherwise), holder (owner of the object), grantee
 * (0: PUBLIC), privilege, grantable. Objects whose ACL was never touched have the one that the manual tells (5.8).
 * What is told of an object is put into words after it was chosen: the system's own functions are three thousand.
 *
 * @param of SQL condition over the schema `n`, the object's oid `o.oid` and the type's name `o.type`
 * @param to SQL condition over `a.grantee`; early, as a thousand tables make ten thousand privileges of their owner
 */
export const privilegesSql = (of: string, to: string): string => `
select o.type, o.oid as object, o.name, coalesce(${signatureSql("o.arguments")}, '') as signature, n.nspname as schema,
  n.oid as schema_oid, 0::oid as owner, o.holder, a.grantee, lower(a.privilege_type) as privilege, bool_or(a.is_grantable) as grantable
from (
  select case when relkind = 'S' then 'sequence' else 'table' end as type, oid, relname as name,
    null::oidvector as arguments, relnamespace as schema, relowner as holder, relacl as acl,
    case when relkind = 'S' then 's' else 'r' end::"char" as acl_type
  from pg_catalog.pg_class where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select 'function', oid, proname, proargtypes, pronamespace, proowner, proacl, 'f'::"char" from pg_catalog.pg_proc
  union all
  select 'schema', oid, nspname, null, oid, nspowner, nspacl, 'n'::"char" from pg_catalog.pg_namespace
) o
join pg_catalog.pg_namespace n on n.oid = o.schema, lateral aclexplode(coalesce(o.acl, acldefault(o.acl_type, o.holder))) a
where (${of}) and (${to})
group by o.type, o.oid, o.name, o.arguments, n.nspname, n.oid, o.holder, a.grantee, a.privilege_type
union all
select 'database', d.oid, d.datname, '', '', 0, 0, d.datdba, a.grantee, lower(a.privilege_type), bool_or(a.is_grantable)
from pg_catalog.pg_database d, lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
where d.datname = current_database() and (${to})
group by d.oid, d.datname, d.datdba, a.grantee, a.privilege_type
union all
select 'default ' || t.type, n.oid, n.nspname, '', n.nspname, n.oid, d.defaclrole, d.defaclrole, a.grantee,
  lower(a.privilege_type), bool_or(a.is_grantable)
from pg_catalog.pg_default_acl d
join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
join (values ('r', 'table'), ('S', 'sequence'), ('f', 'function')) t (code, type) on t.code = d.defaclobjtype::text,
lateral aclexplode(d.defaclacl) a
where ${to}
group by t.type, n.oid, n.nspname, d.defaclrole, a.grantee, a.privilege_type`;

/**
 * SQL: whether privilege `a` ({@link privilegesSql}) without a row of its own came from a default privilege of ours: the
 * owner made the object later, and Postgres granted for us.
 */
export const fromOurDefault = (ledger: string): string => `exists (
  select from ${ledger} d where d.type = 'default ' || a.type and d.object = a.schema_oid and d.owner = a.holder
    and d.grantee = a.grantee and d.privilege = a.privilege and d.ours)`;

/** SQL: the types of a function's arguments, those in `public` without their schema, which people do not write. */
export const signatureSql = (types: string): string =>
  `regexp_replace(oidvectortypes(${types}), '(^|, )public\\.', '\\1', 'g')`;

/** SQL: whether object `oid` of catalog `class` came with an extension. */
export const isMember = (oid: string, catalog: string): string => `exists (
  select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.${catalog}'::regclass and e.objid = ${oid} and e.deptype = 'e')`;
