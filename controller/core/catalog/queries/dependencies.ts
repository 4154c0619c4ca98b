/**
 * All that depends on something else among what is not Postgres' own. Ends that are no objects of ours (row types, defaults,
 * view rules, indexes of constraints …) are led back to one by {@link aliasQuery}.
 */
export const dependencyQuery = `
select d.classid::regclass::text as catalog, d.objid::int8 as oid, d.objsubid as sub, d.refclassid::regclass::text as "onCatalog",
  d.refobjid::int8 as "onOid", d.refobjsubid as "onSub", d.deptype::text as type
from pg_depend d
where d.objid >= 16384 and d.refobjid >= 16384 and not (d.classid = 'pg_class'::regclass and d.deptype = 'i' and d.refclassid = 'pg_class'::regclass and d.objsubid = 0 and d.refobjsubid = 0)`;

/** An operator or function of a class is a part of it; the others are parts of their family. */
const classOrFamily = `case when c.refobjid is null then 'pg_opfamily' else 'pg_opclass' end, coalesce(c.refobjid, m.amopfamily)::int8, 0`;
const classOf = (catalog: string): string =>
  `left join pg_depend c on c.classid = '${catalog}'::regclass and c.objid = m.oid and c.refclassid = 'pg_opclass'::regclass where m.oid >= 16384`;

/** For an oid that stands for another object, that object. */
export const aliasQuery = `
select 'pg_type' as catalog, t.oid::int8 as oid, 'pg_class' as "ofCatalog", t.typrelid::int8 as "ofOid", 0 as "ofSub"
  from pg_type t join pg_class c on c.oid = t.typrelid where c.relkind <> 'c' and t.oid >= 16384
union all select 'pg_class', t.typrelid::int8, 'pg_type', t.oid::int8, 0 from pg_type t join pg_class c on c.oid = t.typrelid
  where c.relkind = 'c' and t.oid >= 16384
union all select 'pg_type', a.typarray::int8, 'pg_type', a.oid::int8, 0 from pg_type a where a.typarray >= 16384
union all select 'pg_attrdef', d.oid::int8, 'pg_class', d.adrelid::int8, d.adnum from pg_attrdef d where d.oid >= 16384
union all select 'pg_rewrite', w.oid::int8, 'pg_class', w.ev_class::int8, 0 from pg_rewrite w where w.rulename = '_RETURN' and w.oid >= 16384
union all select 'pg_class', k.conindid::int8, 'pg_constraint', k.oid::int8, 0 from pg_constraint k
  where k.contype in ('p', 'u', 'x') and k.conindid >= 16384
union all select 'pg_class', d.objid::int8, 'pg_class', d.refobjid::int8, d.refobjsubid from pg_depend d
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype = 'i' and d.objid >= 16384
union all select 'pg_publication_rel', m.oid::int8, 'pg_publication', m.prpubid::int8, 0 from pg_publication_rel m
union all select 'pg_amop', m.oid::int8, ${classOrFamily} from pg_amop m ${classOf("pg_amop")}
union all select 'pg_amproc', m.oid::int8, ${classOrFamily.replace("amopfamily", "amprocfamily")} from pg_amproc m ${classOf("pg_amproc")}
union all select d.classid::regclass::text, d.objid::int8, 'pg_extension', d.refobjid::int8, 0 from pg_depend d where d.deptype = 'e'`;

/** Multiranges are made with their range. */
export const multirangeAliasQuery = `select 'pg_type' as catalog, g.rngmultitypid::int8 as oid, 'pg_type' as "ofCatalog", g.rngtypid::int8 as "ofOid",
  0 as "ofSub" from pg_range g where g.rngmultitypid >= 16384`;
