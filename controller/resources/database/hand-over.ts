import { quoteIdentifier, quoteLiteral } from "../../core/sql.ts";
import { block } from "../../core/transaction.ts";

/**
 * SQL: all that `from` owns in this database belongs to `to`. Two things need care (manual: REASSIGN OWNED):
 *
 * - REASSIGN OWNED takes other databases and tablespaces along, which are none of this database's: they are given back.
 * - It leaves default privileges, and a role that has any cannot be dropped: what the one's later objects would have
 *   granted, the other one's do. Those without a schema are told as a difference from what Postgres grants by itself.
 */
export function handOver(from: string, to: string): string {
  const [one, other] = [quoteIdentifier(from), quoteIdentifier(to)];
  return block(`declare old_role oid; new_role oid; kept record; statements text[]; later record; who text;
  begin
    select oid into old_role from pg_catalog.pg_roles where rolname = ${quoteLiteral(from)};
    select oid into new_role from pg_catalog.pg_roles where rolname = ${quoteLiteral(to)};
    if old_role is null or new_role is null or old_role = new_role then return; end if;

    select array_agg(statement) into statements from (
      select format('alter database %I owner to %I', datname, ${quoteLiteral(from)}) as statement
        from pg_catalog.pg_database where datdba = old_role and datname <> current_database()
      union all
      select format('alter tablespace %I owner to %I', spcname, ${quoteLiteral(from)})
        from pg_catalog.pg_tablespace where spcowner = old_role
    ) elsewhere;
    reassign owned by ${one} to ${other};
    for kept in select statement from unnest(statements) statement loop execute kept.statement; end loop;

    for later in
      with defaults as (
        select d.defaclacl as acl, case when n.oid is null then '' else format('in schema %I', n.nspname) end as scope,
          case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'routines'
            when 'T' then 'types' else 'schemas' end as kind,
          case when d.defaclnamespace = 0
            then pg_catalog.acldefault(case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end, old_role)
            end as usual
        from pg_catalog.pg_default_acl d left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
        where d.defaclrole = old_role and d.defaclobjtype in ('r', 'S', 'f', 'T', 'n')
      )
      select x.scope, x.kind, true as is_granted, g.* from defaults x, lateral (
        select grantee, privilege_type, is_grantable from pg_catalog.aclexplode(x.acl)
        except select grantee, privilege_type, is_grantable from pg_catalog.aclexplode(x.usual)) g
      union all
      select x.scope, x.kind, false, g.* from defaults x, lateral (
        select grantee, privilege_type, is_grantable from pg_catalog.aclexplode(x.usual)
        except select grantee, privilege_type, is_grantable from pg_catalog.aclexplode(x.acl)) g
    loop
      who := case later.grantee when 0 then 'public' when old_role then ${quoteLiteral(other)}
        else (select quote_ident(rolname) from pg_catalog.pg_roles where oid = later.grantee) end;
      execute format('alter default privileges for role ${other.replaceAll("%", "%%").replaceAll("'", "''")} %s %s %s on %s %s %s %s', later.scope,
        case when later.is_granted then 'grant' else 'revoke' end, later.privilege_type, later.kind,
        case when later.is_granted then 'to' else 'from' end, who,
        case when later.is_granted and later.is_grantable then 'with grant option' end);
      who := case later.grantee when old_role then ${quoteLiteral(one)} else who end;
      execute format('alter default privileges for role ${one.replaceAll("%", "%%").replaceAll("'", "''")} %s %s %s on %s %s %s %s', later.scope,
        case when later.is_granted then 'revoke' else 'grant' end, later.privilege_type, later.kind,
        case when later.is_granted then 'from' else 'to' end, who,
        case when not later.is_granted and later.is_grantable then 'with grant option' end);
    end loop;

    if pg_catalog.to_regclass('poststack.privileges') is not null then
      insert into poststack.privileges (type, object, owner, grantee, privilege, ours, option_ours)
        select type, object, new_role, grantee, privilege, ours, option_ours from poststack.privileges
          where type like 'default %' and owner = old_role
        on conflict do nothing;
      delete from poststack.privileges where type like 'default %' and owner = old_role;
    end if;
  end`);
}
