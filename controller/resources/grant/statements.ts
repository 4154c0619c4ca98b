import { quoteIdentifier, quoteLiteral } from "../../core/sql.ts";
import { block } from "../../core/transaction.ts";
import { fromOurDefault, privilegesSql } from "./catalog.ts";
import type { DesiredGrant, Surplus } from "./model.ts";
import { askedNames, targetsSql, textArray } from "./targets.ts";

/** SQLSTATE of our own: the server would only have warned. */
export const notGranted = "PS005";

const ledger = "poststack.privileges";
const targets =
  "jsonb_to_recordset(targets) t(oid oid, sql_name text, schema_oid oid, holder oid, plain text, full_name text)";
const wishes =
  "jsonb_to_recordset(wishes) w(type text, object oid, owner oid, schema_oid oid, holder oid, privilege text)";

/** What is granted now, on the objects of this schema and on those in the ledger. */
const actualSql = (schema: string, to: string): string =>
  `with actual as materialized (${privilegesSql(
    `n.nspname = ${quoteLiteral(schema)} or (o.type, o.oid) in (select type, object from ${ledger})`,
    to,
  )})`;

const same = (a: string, b: string): string =>
  ["type", "object", "owner", "privilege"].map((column) => `${a}.${column} = ${b}.${column}`).join(" and ");

/**
 * Grants what is missing and records it, in one block. What was there before is recorded as not ours, and stays when the
 * wish goes. Rows of privileges that are gone go first: what others grant anew is then not taken for ours.
 */
export function grantBlock(desired: DesiredGrant): string {
  const { to, on, privileges, withGrantOption, forFuture, owner } = desired;
  const schema = on.type === "database" ? "" : on.schema;
  const grantee = to === "public" ? "public" : quoteIdentifier(to);
  const option = withGrantOption ? " with grant option" : "";
  const list = privileges.join(", ");
  const [one, many] = on.type === "function" ? ["routine", "routines"] : [on.type, `${on.type}s`];
  const actual = actualSql(schema, "a.grantee = the_role");
  const lacking = `not exists (select from actual a where ${same("a", "w")} and a.grantee = the_role
    and (a.grantable or not ${String(withGrantOption)}))`;
  return block(`declare
    the_role oid := 0; the_schema oid; the_owner oid; targets jsonb; wishes jsonb; wrong text; grant_on text;
  begin
    ${to === "public" ? "" : lookUp("the_role", "rolname", to, "undefined_object", "role")}
    ${schema === "" ? "" : lookUp("the_schema", "nspname", schema, "invalid_schema_name", "schema")}
    ${forFuture ? lookUp("the_owner", "rolname", owner, "undefined_object", "role") : ""}

    select coalesce(jsonb_agg(jsonb_build_object('oid', oid::int8, 'sql_name', sql_name, 'schema_oid', schema_oid::int8,
      'holder', holder::int8, 'plain', plain, 'full_name', full_name)), '[]') into targets from (${targetsSql(on)}) found;
    select string_agg(asked, ', ') into wrong from unnest(${textArray(askedNames(on))}) asked
      where not exists (select from ${targets} where asked in (t.plain, t.full_name));
    if wrong is not null then
      raise undefined_table using message = concat(${quoteLiteral(`schema "${schema}" has no ${on.type} `)}, wrong);
    end if;
    select coalesce(jsonb_agg(to_jsonb(wish)), '[]') into wishes from (
      select ${quoteLiteral(on.type)} as type, t.oid as object, 0 as owner, t.schema_oid, t.holder, privilege
        from ${targets}, unnest(${textArray(privileges)}) privilege
      ${
        forFuture
          ? `union all select ${quoteLiteral(`default ${on.type}`)}, the_schema, the_owner, the_schema, the_owner, privilege
        from unnest(${textArray(privileges)}) privilege`
          : ""
      }
    ) wish;

    ${actualSql(schema, "true")} delete from ${ledger} r
      where not exists (select from actual a where ${same("a", "r")} and a.grantee = r.grantee);
    ${actual} insert into ${ledger} (type, object, owner, grantee, privilege, ours, option_ours)
      select w.type, w.object, w.owner, the_role, w.privilege, a.type is null or ${fromOurDefault(ledger)},
        ${String(withGrantOption)} and a.grantable is not true
      from ${wishes} left join actual a on ${same("a", "w")} and a.grantee = the_role
      on conflict (type, object, owner, grantee, privilege)
        do update set option_ours = privileges.option_ours or excluded.option_ours;

    for grant_on in ${actual}
      select t.sql_name from ${targets} where t.oid in (
        select w.object from ${wishes} where w.type = ${quoteLiteral(on.type)} and ${lacking}
      ) order by t.oid
    loop
      execute concat(${quoteLiteral(`grant ${list} on ${one} `)}, grant_on, ${quoteLiteral(` to ${grantee}${option}`)});
    end loop;
    ${
      forFuture
        ? `alter default privileges for role ${quoteIdentifier(owner)} in schema ${quoteIdentifier(schema)}
      grant ${list} on ${many} to ${grantee}${option};`
        : ""
    }

    ${actual} select string_agg(distinct concat(w.privilege, ' on this ', w.type), ', ') into wrong from ${wishes} where ${lacking};
    if wrong is not null then
      raise exception using errcode = '${notGranted}', message = concat('the admin login may not grant ', wrong);
    end if;
  end`);
}

const lookUp = (variable: string, column: string, name: string, condition: string, what: string): string =>
  `select oid into ${variable} from pg_catalog.${column === "rolname" ? "pg_roles" : "pg_namespace"} where ${column} = ${quoteLiteral(name)};
    if not found then raise ${condition} using message = ${quoteLiteral(`${what} "${name}" does not exist`)}; end if;`;

/** Takes away, object by object, what is listed; an object or a role that is gone took its privileges along. */
export function revokeBlock(surplus: readonly Surplus[]): string {
  const items = surplus.map(({ privilege: { to, type, oid, owner, privilege }, onlyOption }) => ({
    to_role: to,
    type,
    object: oid,
    of_owner: owner,
    privilege,
    only_option: onlyOption,
  }));
  const isItem = `r.type = item.type and r.object = item.object and r.owner = the_owner and r.grantee = the_role
    and r.privilege = item.privilege`;
  return block(`declare item record; kind text; what text; sql_name text; the_role oid; the_owner oid;
  begin
    for item in select * from jsonb_to_recordset(${quoteLiteral(JSON.stringify(items))}::jsonb)
      as s(to_role text, type text, object oid, of_owner text, privilege text, only_option boolean)
    loop
      kind := replace(item.type, 'default ', '');
      what := concat(case when item.only_option then 'grant option for ' end, item.privilege);
      the_role := case when item.to_role = 'public' then 0
        else (select r.oid from pg_catalog.pg_roles r where r.rolname = item.to_role) end;
      the_owner := coalesce((select r.oid from pg_catalog.pg_roles r where r.rolname = item.of_owner), 0);
      sql_name := case
        when item.type in ('table', 'sequence') then (select format('%I.%I', n.nspname, c.relname)
          from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = item.object)
        when item.type = 'function' then
          (select p.oid::regprocedure::text from pg_catalog.pg_proc p where p.oid = item.object)
        when item.type = 'database' then
          (select format('%I', d.datname) from pg_catalog.pg_database d where d.oid = item.object)
        else (select format('%I', n.nspname) from pg_catalog.pg_namespace n where n.oid = item.object) end;
      if sql_name is not null and the_role is not null then
        execute concat(
          case when item.type like 'default %' then format('alter default privileges for role %I in schema %s ', item.of_owner, sql_name) end,
          'revoke ', what, ' on ', case kind when 'function' then 'routine' else kind end,
          case when item.type like 'default %' then 's' else ' ' || sql_name end,
          ' from ', case when the_role = 0 then 'public' else format('%I', item.to_role) end);
      end if;
      if item.only_option then
        update ${ledger} r set option_ours = false where ${isItem};
      else
        delete from ${ledger} r where ${isItem};
      end if;
    end loop;
  end`);
}
