import { isNoMember, isOfUsers, objectRows, options, qualified, relationName, relations } from "./object-rows.ts";

const enabled = (column: string): string =>
  `case ${column} when 'D' then 'disable' when 'R' then 'replica' when 'A' then 'always' end`;

/** What tables and views carry: constraints, indexes, statistics, triggers, rules, policies. */
export const partQueries = (version: number): readonly string[] => [
  objectRows({
    kind: "case when k.contype = 'f' then 'foreign key' else 'constraint' end",
    catalog: "pg_constraint",
    oid: "k.oid",
    name: "format('%I on %s', k.conname, r.name)",
    parent: "r.identity",
    shape: relationName("i.indexrelid"),
    facts: {
      name: "quote_ident(k.conname)",
      definition: "pg_get_constraintdef(k.oid)",
      // A constraint's own words leave out how its index is stored.
      options: options("x.reloptions"),
      clustered: "case when i.indisclustered then 'clustered' end",
      indexComment: "quote_literal(obj_description(x.oid, 'pg_class'))",
      attachedTo: relationName("(select h.inhparent from pg_inherits h where h.inhrelid = x.oid)"),
      inheritedFrom: `case when k.contype = 'c' and k.coninhcount > 0 and r.relispartition then ${relationName("(select h.inhparent from pg_inherits h where h.inhrelid = r.oid)")} end`,
    },
    // What a child has from its parent comes with that: foreign keys, and checks; but a partition has to have the checks
    // before it is attached, and keeps them when it is detached.
    from: `from ${relations} join pg_constraint k on k.conrelid = r.oid
      left join pg_index i on i.indexrelid = k.conindid and k.contype in ('p', 'u', 'x')
      left join pg_class x on x.oid = i.indexrelid
      where k.contype in ('p', 'u', 'x') or k.contype = 'c' and (k.conislocal or r.relispartition)
        or k.contype = 'f' and k.conparentid = 0`,
  }),
  objectRows({
    kind: "'index'",
    catalog: "pg_class",
    oid: "x.oid",
    name: qualified("r.nspname", "x.relname"),
    parent: "r.identity",
    shape: "quote_ident(x.relname)",
    facts: {
      definition: "pg_get_indexdef(x.oid)",
      valid: "case when not i.indisvalid and x.relkind = 'i' then 'invalid' end",
      clustered: "case when i.indisclustered then 'clustered' end",
      attachedTo: relationName("(select h.inhparent from pg_inherits h where h.inhrelid = x.oid)"),
      statistics: `(select array_agg(a.attnum || ' set statistics ' || a.attstattarget order by a.attnum) from pg_attribute a
        where a.attrelid = x.oid and a.attstattarget >= 0)`,
    },
    from: `from ${relations} join pg_index i on i.indrelid = r.oid join pg_class x on x.oid = i.indexrelid
      where not exists (select from pg_constraint k where k.conindid = x.oid and k.conrelid = r.oid and k.contype in ('p', 'u', 'x'))
        and ${isNoMember("pg_class", "x.oid")}`,
  }),
  objectRows({
    kind: "'statistics'",
    catalog: "pg_statistic_ext",
    oid: "s.oid",
    name: qualified("n.nspname", "s.stxname"),
    parent: "r.identity",
    owner: "s.stxowner",
    facts: {
      definition: "pg_get_statisticsobjdef(s.oid)",
      target: "case when s.stxstattarget >= 0 then s.stxstattarget::text end",
    },
    from: `from ${relations} join pg_statistic_ext s on s.stxrelid = r.oid join pg_namespace n on n.oid = s.stxnamespace
      where ${isOfUsers("n")} and ${isNoMember("pg_statistic_ext", "s.oid")}`,
  }),
  objectRows({
    kind: "'rule'",
    catalog: "pg_rewrite",
    oid: "w.oid",
    name: "format('%I on %s', w.rulename, r.name)",
    parent: "r.identity",
    facts: { name: "quote_ident(w.rulename)", definition: "pg_get_ruledef(w.oid)", enabled: enabled("w.ev_enabled") },
    from: `from ${relations} join pg_rewrite w on w.ev_class = r.oid where w.rulename <> '_RETURN' and ${isNoMember("pg_rewrite", "w.oid")}`,
  }),
  objectRows({
    kind: "'trigger'",
    catalog: "pg_trigger",
    oid: "t.oid",
    name: "format('%I on %s', t.tgname, r.name)",
    parent: "r.identity",
    facts: { name: "quote_ident(t.tgname)", definition: "pg_get_triggerdef(t.oid)", enabled: enabled("t.tgenabled") },
    // What partitions have from their parent comes with that.
    from: `from ${relations} join pg_trigger t on t.tgrelid = r.oid where not t.tgisinternal and t.tgparentid = 0 and ${isNoMember("pg_trigger", "t.oid")}`,
  }),
  objectRows({
    kind: "'policy'",
    catalog: "pg_policy",
    oid: "p.oid",
    name: "format('%I on %s', p.polname, r.name)",
    parent: "r.identity",
    facts: {
      permissive: "case when not p.polpermissive then 'restrictive' end",
      command:
        "case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' end",
      roles: `(select array_agg(quote_ident(o.rolname) order by o.rolname) from pg_roles o where o.oid = any (p.polroles))`,
      using: "pg_get_expr(p.polqual, p.polrelid)",
      check: "pg_get_expr(p.polwithcheck, p.polrelid)",
    },
    from: `from ${relations} join pg_policy p on p.polrelid = r.oid`,
  }),
  objectRows({
    kind: "'event trigger'",
    catalog: "pg_event_trigger",
    oid: "t.oid",
    name: "quote_ident(t.evtname)",
    owner: "t.evtowner",
    facts: {
      event: "t.evtevent",
      tags: "(select array_agg(quote_literal(tag) order by tag) from unnest(t.evttags) tag)",
      routine:
        "(select format('%I.%I', pn.nspname, p.proname) from pg_proc p join pg_namespace pn on pn.oid = p.pronamespace where p.oid = t.evtfoid)",
      enabled: enabled("t.evtenabled"),
    },
    from: `from pg_event_trigger t where ${isNoMember("pg_event_trigger", "t.oid")}`,
  }),
  publicationRows(version),
];

/** Filters, lists of columns and whole schemas came with 15. */
function publicationRows(version: number): string {
  const rich = version >= 150_000;
  const columns = rich
    ? `|| coalesce((select ' (' || string_agg(quote_ident(a.attname), ', ' order by a.attnum) || ')' from pg_attribute a
         where a.attrelid = m.prrelid and a.attnum = any (m.prattrs)), '') || coalesce(' where (' || pg_get_expr(m.prqual, m.prrelid) || ')', '')`
    : "";
  const actions = ["insert", "update", "delete", "truncate"].map(
    (action) => `case when p.pub${action} then '${action}' end`,
  );
  return objectRows({
    kind: "'publication'",
    catalog: "pg_publication",
    oid: "p.oid",
    name: "quote_ident(p.pubname)",
    owner: "p.pubowner",
    facts: {
      allTables: "case when p.puballtables then 'all' end",
      tables: `(select array_agg(one.text order by one.text collate "C") from (
        select ${relationName("m.prrelid")} ${columns} as text from pg_publication_rel m where m.prpubid = p.oid) one)`,
      ...(rich
        ? {
            schemas: `(select array_agg(quote_ident(sn.nspname) order by sn.nspname) from pg_publication_namespace s
              join pg_namespace sn on sn.oid = s.pnnspid where s.pnpubid = p.oid)`,
          }
        : {}),
      publish: `case when not (p.pubinsert and p.pubupdate and p.pubdelete and p.pubtruncate) then concat_ws(', ', ${actions.join(", ")}) end`,
      viaRoot: "case when p.pubviaroot then 'true' end",
      ...(version >= 180_000 ? { generatedColumns: "case p.pubgencols when 's' then 'stored' end" } : {}),
    },
    from: `from pg_publication p where ${isNoMember("pg_publication", "p.oid")}`,
  });
}
