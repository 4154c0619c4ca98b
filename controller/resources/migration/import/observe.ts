import { createHash } from "node:crypto";
import type { ErrorFacts } from "../../../core/errors.ts";
import type { Files } from "../../../core/ports/files.ts";
import type { Row, Session } from "../../../core/ports/postgres.ts";
import { quoteLiteral } from "../../../core/sql.ts";
import type { ListedMigrations } from "../model.ts";
import type { ForeignFormat, TakeOver } from "./formats.ts";
import { judge, ledgerShapes, repeatableKey, type FileText, type Verdict } from "./ledgers.ts";

/** Another tool's record, as it was met. */
interface ForeignLedger extends Verdict {
  /** `public.schema_migrations` */
  readonly table: string;
  /** SHA-256 in hex of its rows: what is taken over is what was planned. */
  readonly digest: string;
}

/** What is there of a record: it, nothing, or something that nobody can take for it. */
export type FoundLedger = ForeignLedger | { readonly error: ErrorFacts } | undefined;

/** Reads the record and the files' own texts, and judges. Three round trips. */
export async function observeForeign(
  wish: ListedMigrations & { readonly takesOver: TakeOver },
  session: Session,
  files: Files,
  signal: AbortSignal,
): Promise<FoundLedger> {
  const { takesOver, place, folder } = wish;
  const found = await locate(takesOver, session, signal);
  if (found.length === 0) return undefined;
  const [table, ...others] = found;
  if (table === undefined || others.length > 0) return { error: severalLedgers(takesOver, found, wish) };
  const { rows, digest } = await readForeign(table, session, signal);
  const beside = {
    files: wish.files,
    texts: textsFor(wish, files),
    repeatable: wish.repeatable ?? [],
    place,
    folder,
    ...(takesOver.project === undefined ? {} : { project: takesOver.project }),
  };
  return { table: table.name, digest, ...judge(takesOver.format, rows, beside) };
}

interface ForeignTable {
  /** `public.schema_migrations`, in quotes where it needs them. */
  readonly name: string;
}

/**
 * SQL: whether a column may be read by somebody with more rights than who made it. A value of a type that users have made is
 * written by what they have made for it, a cast among others (manual: JSON Functions, to_json). Of the tools none has one.
 */
const isReadable = (column: string): string =>
  `${column}.attnum > 0 and not ${column}.attisdropped and ${column}.atttypid < ${firstOfUsers}`;

/** FirstNormalObjectId in src/include/access/transam.h: below are objects of the system alone. */
const firstOfUsers = 16_384;

const tablesQuery = (table: string, schema: string | undefined): string => `
select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name,
  (select json_agg(a.attname)::text from pg_attribute a where a.attrelid = c.oid and ${isReadable("a")}) as columns
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relname = ${quoteLiteral(table)} and c.relkind in ('r', 'p')
  and ${schema === undefined ? "n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'poststack')" : `n.nspname = ${quoteLiteral(schema)}`}
order by 1`;

/** Tables of that name that have the tool's columns, in whichever schema: each role and database has its own search path. */
async function locate(takesOver: TakeOver, session: Session, signal: AbortSignal): Promise<readonly ForeignTable[]> {
  const { columns, lacks = [], ...usual } = ledgerShapes[takesOver.format];
  const [, schema, table] = /^(?:(.*)\.)?([^.]*)$/.exec(takesOver.table ?? "") ?? [];
  const named = takesOver.table === undefined ? usual : { table: table ?? "", schema };
  const rows = await session.query(tablesQuery(named.table, named.schema), [], signal);
  return rows.flatMap((row): readonly ForeignTable[] => {
    const has = new Set(typeof row["columns"] === "string" ? (JSON.parse(row["columns"]) as readonly string[]) : []);
    const fits = columns.every((column) => has.has(column)) && !lacks.some((column) => has.has(column));
    return fits ? [{ name: String(row["name"]) }] : [];
  });
}

/** All rows as JSON, with the columns that may be read: numbers, texts, truth and null are what is looked at. */
export async function readForeign(
  { name }: ForeignTable,
  session: Session,
  signal: AbortSignal,
): Promise<{ readonly rows: readonly Row[]; readonly digest: string }> {
  const [there] = await session.query(
    `select string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns from pg_attribute a
     where a.attrelid = ${quoteLiteral(name)}::regclass and ${isReadable("a")}`,
    [],
    signal,
  );
  const columns = typeof there?.["columns"] === "string" ? there["columns"] : "";
  const query = `select coalesce(json_agg(row order by row::text), '[]')::text as rows from (select row_to_json(t) as row from (select ${columns} from ${name}) t) as rows`;
  const [found] = await session.query(query, [], signal);
  const json = typeof found?.["rows"] === "string" ? found["rows"] : "[]";
  return { rows: JSON.parse(json) as readonly Row[], digest: createHash("sha256").update(json).digest("hex") };
}

/** Which tools keep a checksum, and how its digest is made; of Flyway's, which is none, the text is enough. */
const algorithms: Partial<Record<ForeignFormat, "sha1" | "sha256">> = {
  flyway: "sha256",
  prisma: "sha256",
  sqitch: "sha1",
};

const limitBytes = 16 * 1024 * 1024;

function textsFor(
  { files, repeatable = [], takesOver }: ListedMigrations & { readonly takesOver: TakeOver },
  from: Files,
): ReadonlyMap<string, FileText> {
  const algorithm = algorithms[takesOver.format];
  if (algorithm === undefined) return new Map();
  const digest = (content: Buffer | string): string => createHash(algorithm).update(content).digest("hex");
  const read = (file: string, isOurs: boolean): FileText => {
    const written = from.readBytes(file, { limitBytes });
    // `db import` puts it there; the other tool has not seen it.
    const header = isOurs && written.subarray(0, ourHeader.length).equals(ourHeader) ? ourHeader.length : 0;
    const bytes = written.subarray(header);
    const text = bytes
      .toString("utf8")
      .replace(/^\u{FEFF}/u, "")
      .replaceAll(/\r\n?/g, "\n");
    return { text, digests: [digest(bytes), digest(text.replaceAll("\n", "\r\n"))] };
  };
  return new Map([
    ...files.map(({ order, file, reading }) => [order, read(file, reading === undefined)] as const),
    ...repeatable.map(({ name, file }) => [repeatableKey(name), read(file, false)] as const),
  ]);
}

const ourHeader = Buffer.from("-- poststack: no-transaction\n");

const severalLedgers = (
  { format }: TakeOver,
  tables: readonly ForeignTable[],
  { place }: ListedMigrations,
): ErrorFacts => ({
  code: "BASELINE_REQUIRED",
  what: `${tables.map(({ name }) => name).join(" and ")} both look like the ledger of ${format}`,
  where: place,
  next: `say which: \`migrations: { …, table: ${tables[0]?.name ?? ""} }\``,
});
