import { isNoMember, isOfUsers, objectRows, orNull, qualified, routineName, signature } from "./object-rows.ts";

/** Not Postgres' own: 16384 is the first oid that is not (FirstNormalObjectId). */
const isAdded = (catalog: string, oid: string): string => `${oid} >= 16384 and ${isNoMember(catalog, oid)}`;

const familyName = (oid: string): string =>
  `(select ${qualified("xn.nspname", "x.opfname")} from pg_opfamily x join pg_namespace xn on xn.oid = x.opfnamespace where x.oid = ${oid})`;

const routineSignature = (oid: string): string =>
  `(select ${signature("xp", "xn")} from pg_proc xp join pg_namespace xn on xn.oid = xp.pronamespace where xp.oid = ${oid})`;

/**
 * Operators and functions that belong to a class, or to a family by itself: what pg_depend says (pg_dump.c, dumpOpclass).
 *
 * @param owner oid of the class; without it those of the family that belong to no class of it
 */
function members(family: string, owner?: string): string {
  const ofClass = (catalog: string, oid: string): string =>
    `exists (select from pg_depend d where d.classid = '${catalog}'::regclass and d.objid = ${oid} and d.refclassid = 'pg_opclass'::regclass${owner === undefined ? "" : ` and d.refobjid = ${owner}`})`;
  const belongs = (catalog: string, oid: string): string =>
    `${owner === undefined ? "not " : ""}${ofClass(catalog, oid)}`;
  return `(select array_agg(m.words order by m.sort, m.number, m.words collate "C") from (
    select 0 as sort, ao.amopstrategy as number, format('operator %s %I.%s (%s, %s)', ao.amopstrategy, xn.nspname, x.oprname,
      format_type(ao.amoplefttype, null), format_type(ao.amoprighttype, null)) ||
      case when ao.amopsortfamily <> 0 then ' for order by ' || ${familyName("ao.amopsortfamily")} else '' end as words
    from pg_amop ao join pg_operator x on x.oid = ao.amopopr join pg_namespace xn on xn.oid = x.oprnamespace
    where ao.amopfamily = ${family} and ${belongs("pg_amop", "ao.oid")}
    union all
    select 1, ap.amprocnum, format('function %s (%s, %s) %s', ap.amprocnum, format_type(ap.amproclefttype, null),
      format_type(ap.amprocrighttype, null), ${routineSignature("ap.amproc")})
    from pg_amproc ap where ap.amprocfamily = ${family} and ${belongs("pg_amproc", "ap.oid")}) m)`;
}

/** What teaches the server something new: languages, access methods, operator classes, conversions, text search. */
export const extendingQueries = (): readonly string[] => [
  objectRows({
    kind: "'language'",
    catalog: "pg_language",
    oid: "l.oid",
    name: "quote_ident(l.lanname)",
    owner: "l.lanowner",
    facts: {
      trusted: "case when l.lanpltrusted then 'trusted' end",
      handler: routineName("l.lanplcallfoid"),
      inline: orNull("l.laninline"),
      validator: orNull("l.lanvalidator"),
    },
    from: `from pg_language l where l.lanispl and ${isAdded("pg_language", "l.oid")}`,
  }),
  objectRows({
    kind: "'access method'",
    catalog: "pg_am",
    oid: "a.oid",
    name: "quote_ident(a.amname)",
    facts: { type: "case a.amtype when 't' then 'table' else 'index' end", handler: routineName("a.amhandler") },
    from: `from pg_am a where ${isAdded("pg_am", "a.oid")}`,
  }),
  objectRows({
    kind: "'operator family'",
    catalog: "pg_opfamily",
    oid: "f.oid",
    name: `format('%I.%I using %I', n.nspname, f.opfname, a.amname)`,
    owner: "f.opfowner",
    facts: { members: members("f.oid") },
    from: `from pg_opfamily f join pg_namespace n on n.oid = f.opfnamespace join pg_am a on a.oid = f.opfmethod
      where ${isOfUsers("n")} and ${isNoMember("pg_opfamily", "f.oid")}`,
  }),
  objectRows({
    kind: "'operator class'",
    catalog: "pg_opclass",
    oid: "c.oid",
    name: `format('%I.%I using %I', n.nspname, c.opcname, a.amname)`,
    owner: "c.opcowner",
    facts: {
      type: "format_type(c.opcintype, null)",
      default: "case when c.opcdefault then 'default' end",
      method: "quote_ident(a.amname)",
      family: familyName("c.opcfamily"),
      storage: "case when c.opckeytype <> 0 then format_type(c.opckeytype, null) end",
      members: members("c.opcfamily", "c.oid"),
    },
    from: `from pg_opclass c join pg_namespace n on n.oid = c.opcnamespace join pg_am a on a.oid = c.opcmethod
      where ${isOfUsers("n")} and ${isNoMember("pg_opclass", "c.oid")}`,
  }),
  objectRows({
    kind: "'conversion'",
    catalog: "pg_conversion",
    oid: "c.oid",
    name: qualified("n.nspname", "c.conname"),
    owner: "c.conowner",
    facts: {
      default: "case when c.condefault then 'default' end",
      from: "quote_literal(pg_encoding_to_char(c.conforencoding))",
      to: "quote_literal(pg_encoding_to_char(c.contoencoding))",
      function: routineName("c.conproc"),
    },
    from: `from pg_conversion c join pg_namespace n on n.oid = c.connamespace where ${isOfUsers("n")} and ${isNoMember("pg_conversion", "c.oid")}`,
  }),
  objectRows({
    kind: "'text search parser'",
    catalog: "pg_ts_parser",
    oid: "p.oid",
    name: qualified("n.nspname", "p.prsname"),
    facts: {
      start: routineName("p.prsstart"),
      gettoken: routineName("p.prstoken"),
      end: routineName("p.prsend"),
      lextypes: routineName("p.prslextype"),
      headline: orNull("p.prsheadline"),
    },
    from: `from pg_ts_parser p join pg_namespace n on n.oid = p.prsnamespace where ${isOfUsers("n")} and ${isNoMember("pg_ts_parser", "p.oid")}`,
  }),
  objectRows({
    kind: "'text search template'",
    catalog: "pg_ts_template",
    oid: "t.oid",
    name: qualified("n.nspname", "t.tmplname"),
    facts: { init: orNull("t.tmplinit"), lexize: routineName("t.tmpllexize") },
    from: `from pg_ts_template t join pg_namespace n on n.oid = t.tmplnamespace where ${isOfUsers("n")} and ${isNoMember("pg_ts_template", "t.oid")}`,
  }),
  objectRows({
    kind: "'transform'",
    catalog: "pg_transform",
    oid: "t.oid",
    name: "format('for %s language %I', format_type(t.trftype, null), l.lanname)",
    facts: {
      fromSql: `case when t.trffromsql <> 0 then ${routineSignature("t.trffromsql")} end`,
      toSql: `case when t.trftosql <> 0 then ${routineSignature("t.trftosql")} end`,
    },
    from: `from pg_transform t join pg_language l on l.oid = t.trflang where ${isNoMember("pg_transform", "t.oid")}`,
  }),
];

/** What is not described, each with the reason: the dump says so by name. */
export const uncoveredQuery = `
select 'subscription ' || quote_ident(s.subname) || ', whose way to its server holds a password' as name
  from pg_subscription s where s.subdbid = (select oid from pg_database where datname = current_database())
union all select distinct 'security label by ' || quote_ident(provider) || ', whose module has to be loaded' from pg_seclabel
order by 1`;
