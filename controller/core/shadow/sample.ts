import type { Endpoint, Row, Server, Session } from "../ports/postgres.ts";
import { quoteIdentifier, quoteLiteral, sqlFailure } from "../sql.ts";

/** Milliseconds that a table may keep the sample waiting: whoever alters it is not to be waited for behind. */
const lockTimeoutMs = 5_000;

/** Every name whole, and every value written as it is read again. */
const settings = [
  "set local search_path = ''",
  "set local datestyle = 'ISO, YMD'",
  "set local intervalstyle = postgres",
  "set local bytea_output = hex",
  "set local extra_float_digits = 1",
  `set local lock_timeout = ${lockTimeoutMs}`,
];

/**
 * Tables that hold rows themselves, with what reads a row as texts and what makes a row of them: those of which who asks may
 * see and make every row.
 */
const tablesQuery = `
select format('%I.%I', n.nspname, c.relname) as name, k.*
from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join lateral (
    select string_agg(format('%I', a.attname), ', ' order by a.attnum) as columns,
      string_agg(format('%I::text', a.attname), ', ' order by a.attnum) as texts,
      string_agg(format('(e->>%s)::%s', a.index, a.type), ', ' order by a.attnum) as typed
    from (
      select b.attname, b.attnum, pg_catalog.format_type(b.atttypid, b.atttypmod) as type,
        row_number() over (order by b.attnum) - 1 as index
      from pg_catalog.pg_attribute b
      where b.attrelid = c.oid and b.attnum > 0 and not b.attisdropped and b.attgenerated = ''
    ) a
  ) k
where c.relkind = 'r' and c.relpersistence <> 't' and k.columns is not null
  and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')
  and pg_catalog.has_table_privilege(c.oid, 'insert') and pg_catalog.has_table_privilege(c.oid, 'delete')
  and not pg_catalog.row_security_active(c.oid)
  and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'poststack')
  and not exists (
    select from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by name`;

/**
 * What a migration inserts gets a number that no row of the sample has. By oid, and nothing is asked before it is known to be
 * allowed: a name in a schema that who asks may not use is an error, and so is the value of a sequence that it may not read.
 */
const sequencesQuery = `
select format('select pg_catalog.setval(%L, %s)', format('%I.%I', n.nspname, c.relname), v.last) as statement
from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join lateral (
    select case when pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_sequence_privilege(c.oid, 'update')
      and pg_catalog.has_sequence_privilege(c.oid, 'select, usage') then pg_catalog.pg_sequence_last_value(c.oid) end as last
  ) v
where c.relkind = 'S' and v.last is not null
  and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'poststack')`;

/**
 * What a foreign key asks for may not be in the sample: then the row that asks is not either, nor what asks for that one. Of
 * what may not be read there is none.
 */
const dropOrphans = `do $body$
declare
  key record;
  gone bigint;
  total bigint;
begin
  loop
    total := 0;
    for key in
      select k.conrelid::regclass as child, k.confrelid::regclass as parent,
        pg_catalog.has_schema_privilege(r.relnamespace, 'usage') and pg_catalog.has_table_privilege(r.oid, 'select') as readable,
        string_agg(format('c.%I = p.%I', a.attname, b.attname), ' and ') as same,
        string_agg(format('c.%I is not null', a.attname), ' and ') as present
      from pg_catalog.pg_constraint k
        join pg_catalog.pg_class r on r.oid = k.confrelid
        join pg_catalog.pg_class o on o.oid = k.conrelid
        cross join lateral unnest(k.conkey, k.confkey) as pair(own, other)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = pair.own
        join pg_catalog.pg_attribute b on b.attrelid = k.confrelid and b.attnum = pair.other
      where k.contype = 'f' and pg_catalog.has_schema_privilege(o.relnamespace, 'usage')
        and pg_catalog.has_table_privilege(o.oid, 'select') and pg_catalog.has_table_privilege(o.oid, 'delete')
      group by k.oid, k.conrelid, k.confrelid, r.relnamespace, r.oid
    loop
      execute format('delete from %s c where %s and not %s', key.child, key.present,
        case when key.readable then format('exists (select from %s p where %s)', key.parent, key.same) else 'false' end);
      get diagnostics gone = row_count;
      total := total + gone;
    end loop;
    exit when total = 0;
  end loop;
end $body$`;

/** Where a sample goes. */
interface SampleTarget {
  readonly server: Server;
  readonly shadow: Endpoint;
}

interface Sample {
  /** How many there are in the shadow. */
  readonly rows: number;
  /** What a copy does without, in words. */
  readonly uncovered: readonly string[];
}

/**
 * Some rows of each table, such that foreign keys hold. Triggers do not see them come.
 *
 * Reading a row and making one runs what users have written: casts of their types, checks, defaults. It runs in sessions of the
 * owner, as a migration does. SET ROLE in one of the admin's would not do: such a function may take the role back.
 *
 * @param from a session in the original, as its owner
 * @param most rows of one table
 * @returns none, and why, where the admin may not let them in without triggers, or the owner may not fill a table
 */
export async function copySample(
  from: Session,
  { server, shadow }: SampleTarget,
  most: number,
  signal: AbortSignal,
): Promise<Sample> {
  const tables = await ask(from, [tablesQuery], signal).then(([rows = []]) => rows.map(tableOf));
  const questions = tables.map(
    ({ name, texts }) =>
      `select coalesce(json_agg(r.texts), '[]')::text as rows from (select array[${texts}] as texts from only ${name} limit ${most}) r`,
  );
  const [sequences = [], ...samples] = await ask(from, [sequencesQuery, ...questions], signal);
  const inserts = tables.map(({ name, columns, typed }, index) => {
    const rows = samples[index]?.[0]?.["rows"];
    const json = quoteLiteral(typeof rows === "string" ? rows : "[]");
    return `insert into ${name} (${columns}) overriding system value select ${typed} from json_array_elements(${json}::json) e`;
  });
  const counts = tables.map(({ name }) => `(select count(*) from only ${name})`).join(" + ");
  const statements = [
    ...inserts,
    ...sequences.map(({ statement }) => String(statement)),
    dropOrphans,
    `select ${counts === "" ? "0" : counts} as rows`,
  ];
  try {
    const answers = await withoutTriggers({ server, shadow }, statements, signal);
    return { rows: Number(answers.at(-2)?.[0]?.["rows"] ?? 0), uncovered: [] };
  } catch (error) {
    const failure = sqlFailure(error);
    // 42501 insufficient_privilege. All of it is one transaction: there is no row.
    if (failure?.sqlState !== "42501") throw error;
    return { rows: 0, uncovered: [`the sample of rows: ${failure.message}`] };
  }
}

/** A superuser's parameter, which one gives to a role's next sessions: they begin with it, and may not set it themselves. */
async function withoutTriggers(
  target: SampleTarget,
  statements: readonly string[],
  signal: AbortSignal,
): Promise<readonly (readonly Row[])[]> {
  const admin = await target.server.admin(signal);
  await admin.query(`${sessionsOf(target.shadow)} set session_replication_role = replica`, [], signal);
  try {
    return await asOwner(target, statements, signal);
  } finally {
    await admin.query(`${sessionsOf(target.shadow)} reset session_replication_role`, [], signal);
  }
}

const sessionsOf = ({ owner, database }: Endpoint): string =>
  `alter role ${quoteIdentifier(owner.user)} in database ${quoteIdentifier(database)}`;

async function asOwner(
  { server, shadow }: SampleTarget,
  statements: readonly string[],
  signal: AbortSignal,
): Promise<readonly (readonly Row[])[]> {
  const session = await server.login(shadow.owner, shadow.database, signal);
  try {
    return await session.pipeline([["begin", ...settings].join("; "), ...statements, "commit"], signal);
  } finally {
    await session.close();
  }
}

interface SampledTable {
  readonly name: string;
  readonly columns: string;
  readonly texts: string;
  readonly typed: string;
}

const tableOf = ({ name, columns, texts, typed }: Row): SampledTable => ({
  name: String(name),
  columns: String(columns),
  texts: String(texts),
  typed: String(typed),
});

/** Of one moment. */
async function ask(
  session: Session,
  questions: readonly string[],
  signal: AbortSignal,
): Promise<readonly (readonly Row[])[]> {
  const begin = ["begin isolation level repeatable read read only", ...settings].join("; ");
  try {
    const [, ...answers] = await session.pipeline([begin, ...questions, "rollback"], signal);
    return answers.slice(0, questions.length);
  } catch (error) {
    await session.pipeline(["rollback"], signal).catch(() => undefined);
    throw error;
  }
}
