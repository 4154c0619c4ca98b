import { collationName, isNoMember, isOfUsers, objectRows, orNull, qualified, routineName } from "./object-rows.ts";

const typeRows = `from pg_type t join pg_namespace n on n.oid = t.typnamespace`;
const own = `${isOfUsers("n")} and ${isNoMember("pg_type", "t.oid")}`;
const name = qualified("n.nspname", "t.typname");

/** Types and domains; the types that tables, arrays and multiranges bring along come with those. */
export const typeQueries = (version: number): readonly string[] => [
  objectRows({
    kind: "'type'",
    catalog: "pg_type",
    oid: "t.oid",
    name,
    owner: "t.typowner",
    facts: {
      labels:
        "(select array_agg(quote_literal(e.enumlabel) order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)",
      attributes: `case when t.typtype = 'c' then coalesce((
          select array_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) ||
            case when a.attcollation <> 0 and a.attcollation <> at.typcollation then ' collate ' || ${collationName("a.attcollation")} else '' end order by a.attnum)
          from pg_attribute a join pg_type at on at.oid = a.atttypid
          where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped), '{}') end`,
      form: "case when not t.typisdefined then 'shell' else case t.typtype when 'e' then 'enum' when 'c' then 'composite' when 'b' then 'base' else 'range' end end",
      ...rangeFacts(version),
      ...baseFacts(version),
    },
    from: `${typeRows} left join pg_range g on g.rngtypid = t.oid left join pg_class c on c.oid = t.typrelid
      where ${own} and (t.typtype in ('e', 'r') or t.typtype = 'c' and c.relkind = 'c' or not t.typisdefined
        or t.typtype = 'b' and not exists (select from pg_type of where of.typarray = t.oid))`,
  }),
  // Attributes are facts of their type. As objects they carry their comments.
  objectRows({
    kind: "'column'",
    catalog: "pg_class",
    oid: "c.oid",
    sub: "a.attnum",
    name: `${name} || '.' || quote_ident(a.attname)`,
    parent: `'type ' || ${name}`,
    facts: { name: "quote_ident(a.attname)" },
    from: `${typeRows} join pg_class c on c.oid = t.typrelid and c.relkind = 'c'
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped where ${own} order by c.oid, a.attnum`,
  }),
  objectRows({
    kind: "'domain'",
    catalog: "pg_type",
    oid: "t.oid",
    name,
    owner: "t.typowner",
    facts: {
      type: "format_type(t.typbasetype, t.typtypmod)",
      collation: `case when t.typcollation <> 0 and t.typcollation <> b.typcollation then ${collationName("t.typcollation")} end`,
      default: "coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault))",
      notNull: "case when t.typnotnull then 'not null' end",
    },
    from: `${typeRows} join pg_type b on b.oid = t.typbasetype where ${own} and t.typtype = 'd'`,
  }),
  objectRows({
    kind: "'domain constraint'",
    catalog: "pg_constraint",
    oid: "c.oid",
    name: `format('%I on domain %I.%I', c.conname, n.nspname, t.typname)`,
    parent: `'domain ' || ${name}`,
    facts: { name: "quote_ident(c.conname)", definition: "pg_get_constraintdef(c.oid)" },
    from: `from pg_constraint c join pg_type t on t.oid = c.contypid join pg_namespace n on n.oid = t.typnamespace
      where ${own} and c.contype = 'c'`,
  }),
];

/** Of a type that is made of functions, each null where it is what Postgres takes by itself (manual: CREATE TYPE). */
function baseFacts(version: number): Readonly<Record<string, string>> {
  const ofBase = (expression: string): string => `case when t.typtype = 'b' then ${expression} end`;
  return {
    input: ofBase(routineName("t.typinput")),
    output: ofBase(routineName("t.typoutput")),
    receive: ofBase(orNull("t.typreceive")),
    send: ofBase(orNull("t.typsend")),
    typmod_in: ofBase(orNull("t.typmodin")),
    typmod_out: ofBase(orNull("t.typmodout")),
    analyze: ofBase(orNull("t.typanalyze")),
    ...(version >= 140_000 ? { subscript: ofBase(orNull("t.typsubscript")) } : {}),
    internallength: ofBase("case when t.typlen > 0 then t.typlen::text end"),
    passedbyvalue: ofBase("case when t.typbyval then 'true' end"),
    alignment: ofBase("case t.typalign when 'c' then 'char' when 's' then 'int2' when 'd' then 'double' end"),
    storage: ofBase("case t.typstorage when 'e' then 'external' when 'x' then 'extended' when 'm' then 'main' end"),
    category: ofBase("case when t.typcategory <> 'U' then quote_literal(t.typcategory::text) end"),
    preferred: ofBase("case when t.typispreferred then 'true' end"),
    default: ofBase("quote_literal(t.typdefault)"),
    element: ofBase("case when t.typelem <> 0 then format_type(t.typelem, null) end"),
    delimiter: ofBase("case when t.typdelim <> ',' then quote_literal(t.typdelim::text) end"),
    collatable: ofBase("case when t.typcollation <> 0 then 'true' end"),
  };
}

/** Multiranges came with 14; a name that Postgres would choose itself (`…range` → `…multirange`) is no fact. */
function rangeFacts(version: number): Readonly<Record<string, string>> {
  const automatic = `case when t.typname ~ 'range' then regexp_replace(t.typname, 'range', 'multirange') else t.typname || '_multirange' end`;
  return {
    subtype: "format_type(g.rngsubtype, null)",
    subtypeOpclass: `(select ${qualified("xn.nspname", "x.opcname")} from pg_opclass x join pg_namespace xn on xn.oid = x.opcnamespace
      where x.oid = g.rngsubopc and not x.opcdefault)`,
    collation: `case when g.rngcollation <> (select x.typcollation from pg_type x where x.oid = g.rngsubtype) then ${collationName("g.rngcollation")} end`,
    canonical: `case when g.rngcanonical <> 0 then ${routineName("g.rngcanonical")} end`,
    subtypeDiff: `case when g.rngsubdiff <> 0 then ${routineName("g.rngsubdiff")} end`,
    ...(version >= 140_000
      ? {
          multirange: `(select ${qualified("xn.nspname", "x.typname")} from pg_type x join pg_namespace xn on xn.oid = x.typnamespace
            where x.oid = g.rngmultitypid and x.typname <> ${automatic})`,
        }
      : {}),
  };
}
