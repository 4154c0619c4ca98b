import { secretSetting } from "../secret-settings.ts";
import { loginOptions, isNoMember, isOfUsers, objectRows, qualified, routineName } from "./object-rows.ts";

/** Whose value is a list of names, which stand in quotes already (GUC_LIST_QUOTE in the server's sources). */
const lists =
  "search_path temp_tablespaces session_preload_libraries shared_preload_libraries local_preload_libraries unix_socket_directories";

/**
 * Each name of a list as a constant: `""`, which stands for none at all, is no identifier, and what `set_config` took and
 * SET … FROM CURRENT kept has no quotes where it needs them, so that an owner could write a statement there.
 */
const listed = (value: string): string => `(select coalesce(
    string_agg(quote_literal(coalesce(replace(part[1], '""', '"'), lower(part[2]))), ', ' order by position), quote_literal(''))
  from regexp_matches(${value}, '"((?:[^"]|"")*)"|([^\\s,"][^\\s,]*)', 'g') with ordinality found (part, position))`;

/**
 * What new sessions in the database begin with, as SQL takes it. A parameter of somebody's own has a dot in its name, and
 * none else has (manual: 20.16 Customized Options): applications keep secrets in them, so such a value never leaves the server.
 *
 * @param rows of pg_db_role_setting, as s
 * @param words before each
 */
const settingsFrom = (
  rows: string,
  words: string,
): string => `(select array_agg(${words} || quote_ident(name) || ' = ' || case
      when strpos(name, '.') > 0 then ${secretSetting("encode(sha256(convert_to(value, 'UTF8')), 'hex')")}
      when name = any (string_to_array('${lists}', ' ')) then ${listed("value")}
      else quote_literal(value) end order by ${words} collate "C", name collate "C")
  from ${rows}, unnest(s.setconfig) o,
    lateral (select split_part(o, '=', 1) as name, substr(o, strpos(o, '=') + 1) as value) setting
  where s.setdatabase = d.oid)`;

/** ALTER DATABASE … SET: of everybody's sessions. */
const databaseSettings = settingsFrom("(select * from pg_db_role_setting where setrole = 0) s", "''");

/** ALTER ROLE … IN DATABASE … SET: of one role's sessions, there and nowhere else. */
const roleSettings = settingsFrom(
  "pg_db_role_setting s join pg_roles r on r.oid = s.setrole",
  "('role ' || quote_ident(r.rolname) || ' set ')",
);

/** The database itself, for its settings and privileges; schemas, extensions, and what stands beside schemas. */
export const schemaQueries = (version: number): readonly string[] => [
  objectRows({
    kind: "'database'",
    catalog: "pg_database",
    oid: "d.oid",
    name: "''",
    facts: { settings: databaseSettings, roleSettings },
    from: "from pg_database d where d.datname = current_database()",
  }),
  objectRows({
    kind: "'schema'",
    catalog: "pg_namespace",
    oid: "n.oid",
    name: "quote_ident(n.nspname)",
    // public belongs to the bootstrap superuser up to 14 and to pg_database_owner since: as nobody has changed it.
    owner: "case when n.nspname = 'public' and n.nspowner in (10, 6171) then null else n.nspowner end",
    from: `from pg_namespace n where ${isOfUsers("n")} and ${isNoMember("pg_namespace", "n.oid")}`,
  }),
  objectRows({
    kind: "'extension'",
    catalog: "pg_extension",
    oid: "x.oid",
    name: "quote_ident(x.extname)",
    // No version: it is the server's packages that decide which one there is, on each machine.
    facts: { schema: "quote_ident(n.nspname)" },
    from: `from pg_extension x join pg_namespace n on n.oid = x.extnamespace where x.extname <> 'plpgsql'`,
  }),
  objectRows({
    kind: "'foreign data wrapper'",
    catalog: "pg_foreign_data_wrapper",
    oid: "w.oid",
    name: "quote_ident(w.fdwname)",
    owner: "w.fdwowner",
    facts: {
      handler: `case when w.fdwhandler <> 0 then ${routineName("w.fdwhandler")} end`,
      validator: `case when w.fdwvalidator <> 0 then ${routineName("w.fdwvalidator")} end`,
      options: loginOptions("w.fdwoptions"),
    },
    from: `from pg_foreign_data_wrapper w where ${isNoMember("pg_foreign_data_wrapper", "w.oid")}`,
  }),
  objectRows({
    kind: "'server'",
    catalog: "pg_foreign_server",
    oid: "s.oid",
    name: "quote_ident(s.srvname)",
    owner: "s.srvowner",
    facts: {
      wrapper: "quote_ident(w.fdwname)",
      type: "quote_literal(s.srvtype)",
      version: "quote_literal(s.srvversion)",
      options: loginOptions("s.srvoptions"),
    },
    from: `from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw where ${isNoMember("pg_foreign_server", "s.oid")}`,
  }),
  objectRows({
    kind: "'user mapping'",
    catalog: "pg_user_mapping",
    oid: "m.umid",
    name: "format('for %s server %I', case when m.umuser = 0 then 'public' else quote_ident(m.usename) end, m.srvname)",
    // The view shows options to the superuser and the mapped user only; whether there is a mapping, to everybody.
    facts: { options: loginOptions("m.umoptions") },
    from: "from pg_user_mappings m",
  }),
  objectRows({
    kind: "'collation'",
    catalog: "pg_collation",
    oid: "c.oid",
    name: qualified("n.nspname", "c.collname"),
    owner: "c.collowner",
    facts: collationFacts(version),
    from: `from pg_collation c join pg_namespace n on n.oid = c.collnamespace where ${isOfUsers("n")} and ${isNoMember("pg_collation", "c.oid")}`,
  }),
  objectRows({
    kind: "'text search dictionary'",
    catalog: "pg_ts_dict",
    oid: "d.oid",
    name: qualified("n.nspname", "d.dictname"),
    owner: "d.dictowner",
    facts: { template: qualified("tn.nspname", "t.tmplname"), options: "d.dictinitoption" },
    from: `from pg_ts_dict d join pg_namespace n on n.oid = d.dictnamespace join pg_ts_template t on t.oid = d.dicttemplate
      join pg_namespace tn on tn.oid = t.tmplnamespace where ${isOfUsers("n")} and ${isNoMember("pg_ts_dict", "d.oid")}`,
  }),
  objectRows({
    kind: "'text search configuration'",
    catalog: "pg_ts_config",
    oid: "c.oid",
    name: qualified("n.nspname", "c.cfgname"),
    owner: "c.cfgowner",
    facts: {
      parser: qualified("pn.nspname", "p.prsname"),
      mappings: `(select array_agg(quote_ident(one.alias) || ' with ' || one.dictionaries order by one.alias) from (
          select k.alias, string_agg(format('%I.%I', xn.nspname, x.dictname), ', ' order by m.mapseqno) as dictionaries
          from pg_ts_config_map m join pg_ts_dict x on x.oid = m.mapdict join pg_namespace xn on xn.oid = x.dictnamespace
          join ts_token_type(c.cfgparser) k on k.tokid = m.maptokentype where m.mapcfg = c.oid group by k.alias) one)`,
    },
    from: `from pg_ts_config c join pg_namespace n on n.oid = c.cfgnamespace join pg_ts_parser p on p.oid = c.cfgparser
      join pg_namespace pn on pn.oid = p.prsnamespace where ${isOfUsers("n")} and ${isNoMember("pg_ts_config", "c.oid")}`,
  }),
];

/** How a collation keeps its locale has changed in 15, in 16 and in 17 (manual: pg_collation). */
function collationFacts(version: number): Readonly<Record<string, string>> {
  const icu = version >= 170_000 ? "c.colllocale" : version >= 150_000 ? "c.colliculocale" : "c.collcollate";
  return {
    provider: "case c.collprovider when 'i' then 'icu' when 'b' then 'builtin' end",
    locale: `quote_literal(case when c.collprovider in ('i', 'b') then ${icu} when c.collcollate = c.collctype then c.collcollate end)`,
    collate: "case when c.collprovider = 'c' and c.collcollate <> c.collctype then quote_literal(c.collcollate) end",
    ctype: "case when c.collprovider = 'c' and c.collcollate <> c.collctype then quote_literal(c.collctype) end",
    deterministic: "case when not c.collisdeterministic then 'false' end",
    ...(version >= 160_000 ? { rules: "quote_literal(c.collicurules)" } : {}),
  };
}
