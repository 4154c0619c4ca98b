import {
  collationName,
  foreignOptions,
  isNoMember,
  isOfUsers,
  objectRows,
  options,
  qualified,
  relationName,
  relations,
} from "./object-rows.ts";

/** What a sequence may say, each null where it is what Postgres takes by itself (manual: CREATE SEQUENCE). */
const sequenceFacts = {
  increment: "case when q.seqincrement <> 1 then 'increment by ' || q.seqincrement end",
  min: "case when q.seqmin <> case when q.seqincrement > 0 then 1 else w.lowest end then 'minvalue ' || q.seqmin end",
  max: "case when q.seqmax <> case when q.seqincrement > 0 then w.highest else -1 end then 'maxvalue ' || q.seqmax end",
  start:
    "case when q.seqstart <> case when q.seqincrement > 0 then q.seqmin else q.seqmax end then 'start with ' || q.seqstart end",
  cache: "case when q.seqcache <> 1 then 'cache ' || q.seqcache end",
  cycle: "case when q.seqcycle then 'cycle' end",
};

const sequenceWidths = `(values ('int2'::regtype, -32768::int8, 32767::int8), ('int4', -2147483648, 2147483647),
  ('int8', -9223372036854775808, 9223372036854775807)) w (type, lowest, highest)`;

export const relationQueries = (version: number): readonly string[] => [
  objectRows({
    kind: "'sequence'",
    catalog: "pg_class",
    oid: "c.oid",
    name: qualified("n.nspname", "c.relname"),
    // That of a table's column follows the table.
    owner: "case when o.refobjid is null then c.relowner end",
    facts: {
      type: "case when q.seqtypid <> 'int8'::regtype then format_type(q.seqtypid, null) end",
      ...sequenceFacts,
      persistence: "case when c.relpersistence = 'u' then 'unlogged' end",
      ownedBy: `(select ${relationName("a.attrelid")} || '.' || quote_ident(a.attname) from pg_attribute a
        where a.attrelid = o.refobjid and a.attnum = o.refobjsubid)`,
    },
    from: `from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_sequence q on q.seqrelid = c.oid
      join ${sequenceWidths} on w.type = q.seqtypid
      left join pg_depend o on o.classid = 'pg_class'::regclass and o.objid = c.oid and o.refclassid = 'pg_class'::regclass
        and o.refobjsubid > 0 and o.deptype in ('a', 'i')
      where c.relkind = 'S' and ${isOfUsers("n")} and ${isNoMember("pg_class", "c.oid")} and o.deptype is distinct from 'i'`,
  }),
  objectRows({
    kind: "r.kind",
    catalog: "pg_class",
    oid: "r.oid",
    name: "r.name",
    owner: "r.relowner",
    shape: `case when r.relkind in ('v', 'm') then (
        select json_agg(json_build_array(quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)) order by a.attnum)
        from pg_attribute a where a.attrelid = r.oid and a.attnum > 0) end`,
    facts: {
      definition: "case when r.relkind in ('v', 'm') then pg_get_viewdef(r.oid) end",
      persistence: "case when r.relpersistence = 'u' then 'unlogged' end",
      ofType: "case when r.reloftype <> 0 then format_type(r.reloftype, null) end",
      partitionBy: "case when r.relkind = 'p' then pg_get_partkeydef(r.oid) end",
      inherits: `(select array_agg(${relationName("i.inhparent")} order by i.inhseqno) from pg_inherits i
        where i.inhrelid = r.oid and not r.relispartition)`,
      partitionOf: `(select ${relationName("i.inhparent")} from pg_inherits i where i.inhrelid = r.oid and r.relispartition)`,
      bound: "pg_get_expr(r.relpartbound, r.oid)",
      server:
        "(select quote_ident(s.srvname) from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = r.oid)",
      foreignOptions: `(select ${foreignOptions("f.ftoptions")} from pg_foreign_table f where f.ftrelid = r.oid)`,
      accessMethod: "(select quote_ident(m.amname) from pg_am m where m.oid = r.relam and m.amname <> 'heap')",
      options: options("r.reloptions"),
      toastOptions: `(select ${options("o.reloptions", "toast.")} from pg_class o where o.oid = r.reltoastrelid)`,
      replicaIdentity: `case when r.relkind not in ('r', 'p') then null when r.relreplident = 'n' then 'nothing' when r.relreplident = 'f' then 'full'
        when r.relreplident = 'i' then (select format('using index %I', x.relname) from pg_index i join pg_class x on x.oid = i.indexrelid
          where i.indrelid = r.oid and i.indisreplident) end`,
      // Of a partition, where its parent's are in another state.
      partitionTriggers: `(select array_agg(case t.tgenabled when 'D' then 'disable' when 'R' then 'enable replica' when 'A' then 'enable always'
          else 'enable' end || ' trigger ' || quote_ident(t.tgname) order by t.tgname)
        from pg_trigger t join pg_trigger above on above.oid = t.tgparentid
        where t.tgrelid = r.oid and t.tgconstraint = 0 and t.tgenabled <> above.tgenabled)`,
      // Of keys, which have triggers of their own on both tables; of a partition's as above.
      keyTriggers: `(select array_agg(one.words order by one.words collate "C") from (
        select distinct case t.tgenabled when 'D' then 'disable' when 'R' then 'enable replica' when 'A' then 'enable always' else 'enable' end
          || ' ' || format('%I on ', k.conname) || ${relationName("k.conrelid")} as words
        from pg_trigger t join pg_constraint k on k.oid = t.tgconstraint left join pg_trigger above on above.oid = t.tgparentid
        where t.tgrelid = r.oid and t.tgisinternal and t.tgenabled <> coalesce(above.tgenabled, 'O')) one)`,
      populated: "case when r.relkind = 'm' and not r.relispopulated then 'not populated' end",
      rowSecurity: "case when r.relrowsecurity then 'enabled' end",
      forceRowSecurity: "case when r.relforcerowsecurity then 'forced' end",
    },
    from: `from ${relations}`,
  }),
  columnRows(version),
];

const storageWord = (code: string): string =>
  `case ${code} when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end`;

function columnRows(version: number): string {
  // Views take all of a column from their query but its default.
  const ofTable = (expression: string): string => `case when r.relkind in ('r', 'p', 'f') then ${expression} end`;
  // Since 18 NOT NULL is a constraint with a name. One that Postgres chose says nothing, also after a rename.
  const notNullName =
    version >= 180_000
      ? `coalesce((select format('constraint %I ', k.conname) from pg_constraint k where k.conrelid = r.oid and k.contype = 'n'
           and k.conkey = array[a.attnum] and k.conname !~ '_not_null\\d*$'), '')`
      : "''";
  return objectRows({
    kind: "'column'",
    catalog: "pg_class",
    oid: "r.oid",
    sub: "a.attnum",
    name: "r.name || '.' || quote_ident(a.attname)",
    parent: "r.identity",
    shape: storageWord("t.typstorage"),
    facts: {
      name: "quote_ident(a.attname)",
      type: ofTable("format_type(a.atttypid, a.atttypmod)"),
      collation: ofTable(
        `case when a.attcollation <> 0 and a.attcollation <> t.typcollation then ${collationName("a.attcollation")} end`,
      ),
      notNull: ofTable(`case when a.attnotnull then ${notNullName} || 'not null' end`),
      default: "case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end",
      generated: `case when a.attgenerated <> '' then
        format('(%s) %s', pg_get_expr(d.adbin, d.adrelid), case a.attgenerated when 'v' then 'virtual' else 'stored' end) end`,
      // A partition shares its parent's since 17.
      identity:
        "case when r.relispartition then null when a.attidentity = 'a' then 'always' when a.attidentity = 'd' then 'by default' end",
      sequence: `case when q.relname <> r.relname || '_' || a.attname || '_seq' or q.relnamespace <> r.relnamespace then ${relationName("q.oid")} end`,
      ...sequenceFacts,
      inherited: "case when not a.attislocal and not r.relispartition then 'inherited' end",
      storage: ofTable(`case when a.attstorage <> t.typstorage then ${storageWord("a.attstorage")} end`),
      ...(version >= 140_000
        ? { compression: "case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end" }
        : {}),
      statistics: ofTable("case when a.attstattarget >= 0 then a.attstattarget::text end"),
      options: options("a.attoptions"),
      foreignOptions: foreignOptions("a.attfdwoptions"),
    },
    from: `from ${relations} join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
      join pg_type t on t.oid = a.atttypid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      left join (pg_depend o join pg_class qc on qc.oid = o.objid and qc.relkind = 'S' join pg_sequence qs on qs.seqrelid = qc.oid
        join ${sequenceWidths} on w.type = qs.seqtypid) on a.attidentity <> '' and not r.relispartition and o.classid = 'pg_class'::regclass
        and o.refclassid = 'pg_class'::regclass and o.refobjid = r.oid and o.refobjsubid = a.attnum and o.deptype = 'i'
      cross join lateral (select qc.oid, qc.relname, qc.relnamespace, qs.*) q
      order by r.oid, a.attnum`,
  });
}
