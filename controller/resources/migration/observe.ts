import { PoststackError } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Ports } from "../../core/ports.ts";
import type { Files } from "../../core/ports/files.ts";
import type { Row, Session } from "../../core/ports/postgres.ts";
import { sqlFailure } from "../../core/sql.ts";
import { runnable } from "./guard.ts";
import { hazardsOf } from "./hazards.ts";
import type { LedgerRow, ListedMigrations, NamedMigration, ObservedMigrations, PendingFacts } from "./model.ts";
import { readSource } from "./source.ts";
import { isAfter, parseTarget } from "./target.ts";
import { checksumOf, headersOf } from "./text.ts";

/** One query where the ledger is there, whatever the number of its rows; and a look into the files that are not in it. */
export async function observe(
  [desired]: readonly ListedMigrations[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedMigrations[]> {
  if (desired === undefined) return [];
  const session = await ports.server.database(signal);
  const ledger = session === undefined ? absent(0) : await readLedger(session, recordedOf(desired), signal);
  const known = new Set(ledger.rows.map(({ order }) => order));
  const pending = new Map<ResourceId, PendingFacts>();
  for (const file of desired.files) {
    if (known.has(file.order)) continue;
    pending.set(file.id, await look(file, ports));
  }
  const rollbacks = readRollbacks(desired, ledger.rows, ports.files);
  return [{ ...ledger, pending, ...(rollbacks.size === 0 ? {} : { rollbacks }) }];
}

/** Whose recorded rollback may run, and so is looked at: a replay takes back the last one only. */
const recordedOf = ({ rollback, replay }: ListedMigrations): Recorded => (rollback ? "all" : replay ? "last" : "none");
type Recorded = "all" | "last" | "none";

/** @throws PoststackError `FILE_*`: a rollback that cannot be read cannot be planned */
function readRollbacks(
  { files, rollback, target: text }: ListedMigrations,
  rows: readonly LedgerRow[],
  from: Files,
): ReadonlyMap<ResourceId, string> {
  const target = rollback ? parseTarget(text, files, rows) : undefined;
  if (target === undefined) return new Map();
  const known = new Set(rows.map(({ order }) => order));
  const going = files.filter(({ order }) => known.has(order) && isAfter(order, target));
  return new Map(
    going.flatMap(({ id, rollbackFile }) =>
      rollbackFile === undefined ? [] : [[id, checksumOf(Buffer.from(readSource(rollbackFile, from).text))]],
    ),
  );
}

type Ledger = Omit<ObservedMigrations, "pending">;
const absent = (objects: number): Ledger => ({ ledger: "absent", rows: [], objects });

/** What belongs to no extension, to no schema of the system's and not to ours. */
const countObjects = `(
  select count(*)::int from (
    select 'pg_class'::regclass as class, oid, relnamespace as schema from pg_class where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all select 'pg_proc'::regclass, oid, pronamespace from pg_proc
    union all select 'pg_type'::regclass, oid, typnamespace from pg_type where typtype in ('e', 'd', 'r')
  ) as object
  where schema in (select oid from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'poststack'))
    and not exists (select from pg_depend where classid = class and objid = object.oid and deptype = 'e')
)`;

// One text value for each column, all in the same order of rows: the driver makes nothing of them, and ten thousand rows
// take the server two thirds of the time of an array for each row.
const ledgerQuery = (recorded: Recorded): string => `
select json_agg("order"::text)::text as orders, json_agg(version)::text as versions, json_agg(name)::text as names,
  json_agg(checksum)::text as checksums, string_agg(left(state, 1), '') as states,
  string_agg(case when rollback_sql is null then '-' else 'r' end, '') as rollbacks,
  ${rollbackChecksums[recorded]} as rollback_checksums,
  case when exists (select from poststack.schema_migrations)
         or exists (select from poststack.system_info where key = 'baseline') then 0 else ${countObjects} end as objects
from poststack.schema_migrations`;

/** As `checksumOf` makes it of the text, of which the ledger keeps no other line end than \n. */
const sqlDigest = "encode(sha256(convert_to(rollback_sql, 'UTF8')), 'hex')";
const lastOrder = '(select max("order") from poststack.schema_migrations)';
const rollbackChecksums: Readonly<Record<Recorded, string>> = {
  none: "null",
  last: `json_agg(case when "order" = ${lastOrder} then ${sqlDigest} end)::text`,
  all: `json_agg(${sqlDigest})::text`,
};

async function readLedger(session: Session, recorded: Recorded, signal: AbortSignal): Promise<Ledger> {
  try {
    const [found] = await session.query(ledgerQuery(recorded), [], signal);
    return { ledger: "present", rows: rowsOf(found ?? {}), objects: Number(found?.["objects"]) };
  } catch (error) {
    // 42P01 undefined_table: schema poststack is not there yet.
    if (sqlFailure(error)?.sqlState !== "42P01") throw error;
    const [found] = await session.query(`select ${countObjects} as objects`, [], signal);
    return absent(Number(found?.["objects"]));
  }
}

/** Of no rows, every column is null. */
function rowsOf(columns: Row): readonly LedgerRow[] {
  const parsed = (column: string): readonly unknown[] =>
    JSON.parse(textOf(columns[column]) ?? "[]") as readonly unknown[];
  const [versions, names, checksums] = [parsed("versions"), parsed("names"), parsed("checksums")];
  const [states, rollbacks] = [textOf(columns["states"]) ?? "", textOf(columns["rollbacks"]) ?? ""];
  const digests = parsed("rollback_checksums");
  return parsed("orders").map((order, index) => {
    const row: LedgerRow = {
      order: String(order),
      version: String(versions[index]),
      name: String(names[index]),
      checksum: String(checksums[index]),
      state: stateOf[states[index] ?? ""] ?? "applied",
      hasRollback: rollbacks[index] === "r",
    };
    const digest = digests[index];
    return typeof digest === "string" ? { ...row, rollbackChecksum: digest } : row;
  });
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** By the first letter, which is all that is asked for. */
const stateOf: { readonly [letter: string]: LedgerRow["state"] } = { s: "started", r: "reverting", a: "applied" };

/** What was found in texts without a fault, by checksum: every pass of a run would find the same in what is pending. */
const looked = new Map<string, PendingFacts>();

async function look({ file }: NamedMigration, { files, parser }: Ports): Promise<PendingFacts> {
  try {
    const source = readSource(file, files);
    const bytes = Buffer.from(source.text);
    const checksum = checksumOf(bytes);
    const known = looked.get(checksum);
    if (known !== undefined) return known;
    await runnable(source, headersOf(bytes).transactional, parser);
    const facts = { checksum, hazards: hazardsOf(source.text) };
    looked.set(checksum, facts);
    return facts;
  } catch (error) {
    if (error instanceof PoststackError) return { hazards: [], error: error.facts };
    throw error;
  }
}
