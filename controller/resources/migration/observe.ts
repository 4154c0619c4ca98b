import { PoststackError } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Ports } from "../../core/ports.ts";
import type { Files } from "../../core/ports/files.ts";
import type { Session } from "../../core/ports/postgres.ts";
import { sqlFailure } from "../../core/sql.ts";
import { runnable } from "./guard.ts";
import { hazardsOf } from "./hazards.ts";
import type { DesiredMigrations, LedgerRow, MigrationFile, ObservedMigrations, PendingFacts } from "./model.ts";
import { readMigration, readSource } from "./source.ts";
import { isAfter, parseTarget } from "./target.ts";
import { checksumOf } from "./text.ts";

/** One query where the ledger is there, whatever the number of its rows; and a look into the files that are not in it. */
export async function observe(
  [desired]: readonly DesiredMigrations[],
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
    const facts = await look(file, ports);
    if (facts !== undefined) pending.set(file.id, facts);
  }
  const rollbacks = readRollbacks(desired, ledger.rows, ports.files);
  return [{ ...ledger, pending, ...(rollbacks.size === 0 ? {} : { rollbacks }) }];
}

/** Whose recorded rollback may run, and so is looked at: a replay takes back the last one only. */
const recordedOf = ({ rollback, replay }: DesiredMigrations): Recorded => (rollback ? "all" : replay ? "last" : "none");
type Recorded = "all" | "last" | "none";

/** @throws PoststackError `FILE_*`: a rollback that cannot be read cannot be planned */
function readRollbacks(
  { files, rollback, target: text }: DesiredMigrations,
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

// One text value: the driver makes nothing of it, and ten thousand rows cost what their JSON costs. Rows of texts alone:
// what may be of any type, the server looks up for every value again.
const ledgerQuery = (recorded: Recorded): string => `
select coalesce((select json_agg(array["order"::text, version, name, checksum, state, (rollback_sql is not null)::text${rollbackChecksum[recorded]}])
                 from poststack.schema_migrations)::text, '[]') as rows,
  case when exists (select from poststack.schema_migrations)
         or exists (select from poststack.system_info where key = 'baseline') then 0 else ${countObjects} end as objects`;

/** As `checksumOf` makes it of the text, of which the ledger keeps no other line end than \n. */
const sqlDigest = "encode(sha256(convert_to(rollback_sql, 'UTF8')), 'hex')";
const rollbackChecksum: Readonly<Record<Recorded, string>> = {
  none: "",
  last: `, case when "order" = (select max("order") from poststack.schema_migrations) then ${sqlDigest} end`,
  all: `, ${sqlDigest}`,
};

async function readLedger(session: Session, recorded: Recorded, signal: AbortSignal): Promise<Ledger> {
  try {
    const [found] = await session.query(ledgerQuery(recorded), [], signal);
    const rows = JSON.parse(String(found?.["rows"])) as readonly (readonly unknown[])[];
    return { ledger: "present", rows: rows.map(parseRow), objects: Number(found?.["objects"]) };
  } catch (error) {
    // 42P01 undefined_table: schema poststack is not there yet.
    if (sqlFailure(error)?.sqlState !== "42P01") throw error;
    const [found] = await session.query(`select ${countObjects} as objects`, [], signal);
    return absent(Number(found?.["objects"]));
  }
}

/** The columns are not null and checked by the server; what is no text all the same becomes one. */
const parseRow = ([order, version, name, checksum, state, hasRollback, digest]: readonly unknown[]): LedgerRow => ({
  order: String(order),
  version: String(version),
  name: String(name),
  checksum: String(checksum),
  state: state === "started" || state === "reverting" ? state : "applied",
  hasRollback: hasRollback === "true",
  ...(typeof digest === "string" ? { rollbackChecksum: digest } : {}),
});

/** What was found in texts without a fault, by checksum: every pass of a run would find the same in what is pending. */
const looked = new Map<string, PendingFacts | undefined>();

/** @returns undefined when there is nothing to tell */
async function look(file: MigrationFile, { files, parser }: Ports): Promise<PendingFacts | undefined> {
  const text = `${file.checksum} ${file.transactional}`;
  if (looked.has(text)) return looked.get(text);
  try {
    const source = readMigration(file, files);
    await runnable(source, file.transactional, parser);
    const hazards = hazardsOf(source.text);
    const facts = hazards.length === 0 ? undefined : { hazards };
    looked.set(text, facts);
    return facts;
  } catch (error) {
    if (error instanceof PoststackError) return { hazards: [], error: error.facts };
    throw error;
  }
}
