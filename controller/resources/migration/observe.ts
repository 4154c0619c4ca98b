import type { ResourceId } from "../../core/id.ts";
import type { Ports } from "../../core/ports.ts";
import type { Row, Session } from "../../core/ports/postgres.ts";
import { askedOnCatalogPath, sqlFailure } from "../../core/sql.ts";
import { readInvalidIndexes } from "./catalog-faults.ts";
import { hasVersionsOf, rowsOf } from "./columns.ts";
import { observeForeign } from "./import/observe.ts";
import { bothOf } from "./lint/facts.ts";
import type {
  LedgerColumns,
  LedgerRow,
  ListedMigrations,
  NamedMigration,
  ObservedMigrations,
  PendingFacts,
} from "./model.ts";
import { look } from "./look.ts";
import { parsedOnce } from "./parsed-once.ts";
import { observeDeployment } from "./phases/observe.ts";
import { observeRepeatables } from "./repeatable/observe.ts";
import { observeResumed } from "./resumed.ts";
import { observeRollbacks } from "./rollbacks.ts";

/** One query where the ledger is there, whatever the number of its rows; and a look into the files that are not in it. */
export async function observe(
  [desired]: readonly ListedMigrations[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedMigrations[]> {
  if (desired === undefined) return [];
  const session = await ports.server.database(signal);
  const ledger = session === undefined ? absent(0) : await readLedger(session, recordedOf(desired), signal);
  const foreign = await foreignLedger(desired, ledger, session, ports, signal);
  const live = isInUse(ledger) ? session : undefined;
  const listed = filesBeside(desired.files, ledger, foreign);
  const { pending, tables } = await lookAt(listed, live, ports, signal);
  const rollbacks = await observeRollbacks(desired, ledger, live, ports, signal);
  // Of the rows nothing is made where nobody needs them.
  const isAnyStarted = ledger.columns?.states.includes("s") === true;
  const resumed = isAnyStarted ? await observeResumed(desired.files, ledger.rows, session, ports, signal) : undefined;
  const beside = { recorded: ledger.repeats === true, session, live, pending, files: listed };
  const { tables: more, ...repeatables } = await observeRepeatables(desired.repeatable, beside, ports, signal);
  const deployment = await deploymentFor(desired, pending, session, ports, signal);
  const invalid =
    desired.repair && session !== undefined ? { invalidIndexes: await readInvalidIndexes(session, signal) } : {};
  const known = bothOf(tables, more);
  return [
    Object.assign(
      ledger,
      { pending },
      known === undefined ? {} : { tables: known },
      rollbacks.size === 0 ? {} : { rollbacks },
      resumed === undefined ? {} : { resumed },
      foreign,
      repeatables,
      deployment,
      invalid,
    ),
  ];
}

/** Another tool's record counts until there is a row of ours. */
async function foreignLedger(
  { takesOver, ...wish }: ListedMigrations,
  ledger: Ledger,
  session: Session | undefined,
  { files }: Ports,
  signal: AbortSignal,
): Promise<Pick<ObservedMigrations, "foreign">> {
  const isOurs = ledger.columns === undefined ? false : ledger.columns.orders !== "[]";
  if (takesOver === undefined || session === undefined || isOurs) return {};
  const foreign = await observeForeign({ ...wish, takesOver }, session, files, signal);
  return foreign === undefined ? {} : { foreign };
}

/** Some at a time: what is read in one go finds its folder once. */
const batch = 64;

/** Somebody may be waiting for its tables. One that is still to be filled cannot be hurt, and files may be many. */
const isInUse = ({ columns, objects }: Ledger): boolean =>
  objects > 0 || (columns !== undefined && columns.orders !== "[]");

/** @param live the database, where it is in use */
async function lookAt(
  files: readonly NamedMigration[],
  live: Session | undefined,
  { files: from, parser }: Ports,
  signal: AbortSignal,
): Promise<Pick<ObservedMigrations, "pending" | "tables">> {
  const ports = { files: from, parser: live === undefined ? parser : parsedOnce(parser) };
  const pending = new Map<ResourceId, PendingFacts>();
  for (let from = 0; from < files.length; from += batch) {
    const some = files.slice(from, from + batch);
    const looks = await Promise.all(some.map(async (file) => [file.id, await look(file, ports)] as const));
    for (const [id, facts] of looks) pending.set(id, facts);
  }
  if (files.length === 0 || live === undefined) return { pending };
  const { withSuspicions } = await import("./lint/pending.ts");
  const { withImpact } = await import("./impact/pending.ts");
  return withImpact(await withSuspicions(pending, files, ports), files, ports, live, signal);
}

/** What a contract waits for is looked at where one is pending, and nowhere else. */
async function deploymentFor(
  { deployment }: ListedMigrations,
  pending: ReadonlyMap<ResourceId, PendingFacts>,
  session: Session | undefined,
  ports: Ports,
  signal: AbortSignal,
): Promise<Pick<ObservedMigrations, "deployment">> {
  const isAsked = [...pending.values()].some(({ phase }) => phase === "contract");
  if (deployment === undefined || session === undefined || !isAsked) return {};
  return { deployment: await observeDeployment(deployment, session, ports, signal) };
}

/** What of the folder is not in the ledger. */
function filesBeside(
  files: readonly NamedMigration[],
  ledger: Ledger,
  { foreign }: Pick<ObservedMigrations, "foreign">,
): readonly NamedMigration[] {
  if (ledger.columns !== undefined && hasVersionsOf(files, ledger.columns)) return [];
  const taken = foreign !== undefined && "applied" in foreign ? foreign.applied : [];
  const known = new Set([...ledger.rows.map(({ order }) => order), ...taken]);
  return files.filter(({ order }) => !known.has(order));
}

/** Whose recorded rollback may run, and so is looked at: a replay takes back the last one only. */
const recordedOf = ({ rollback, replay }: ListedMigrations): Recorded => (rollback ? "all" : replay ? "last" : "none");
type Recorded = "all" | "last" | "none";

type Ledger = Omit<ObservedMigrations, "pending"> & {
  /** Whether the ledger has had rows of repeatable files. */
  readonly repeats?: boolean;
};
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

// One text value for each column: the driver makes nothing of them, and ten thousand rows take the server two thirds of
// the time of an array for each row. In the order of the primary key, which the files have too.
const ledgerQuery = (recorded: Recorded): string => `
select json_agg("order"::text)::text as orders, json_agg(version)::text as versions, json_agg(name)::text as names,
  json_agg(checksum)::text as checksums, string_agg(state, '') as states, string_agg(rollback, '') as rollbacks,
  json_agg(rollback_checksum)::text as rollback_checksums,
  pg_relation_size(to_regclass('poststack.repeatable_migrations')) > 0 as repeats,
  case when exists (select from poststack.schema_migrations)
         or exists (select from poststack.system_info where key = 'baseline') then 0 else ${countObjects} end as objects
from (
  select "order", version, name, checksum, left(state, 1) as state,
    case when rollback_sql is null then '-' else 'r' end as rollback, ${rollbackChecksums[recorded]} as rollback_checksum
  from poststack.schema_migrations order by "order"
) as row`;

/** As `checksumOf` makes it of the text, of which the ledger keeps no other line end than \n. */
const sqlDigest = "encode(sha256(convert_to(rollback_sql, 'UTF8')), 'hex')";
const lastOrder = '(select max("order") from poststack.schema_migrations)';
const rollbackChecksums: Readonly<Record<Recorded, string>> = {
  none: "null",
  last: `case when "order" = ${lastOrder} then ${sqlDigest} end`,
  all: sqlDigest,
};

async function readLedger(session: Session, recorded: Recorded, signal: AbortSignal): Promise<Ledger> {
  try {
    const [found] = await session.query(askedOnCatalogPath(ledgerQuery(recorded)), [], signal);
    return present(columnsOf(found ?? {}), Number(found?.["objects"]), found?.["repeats"] === true);
  } catch (error) {
    // 42P01 undefined_table: schema poststack is not there yet.
    if (sqlFailure(error)?.sqlState !== "42P01") throw error;
    const [found] = await session.query(askedOnCatalogPath(`select ${countObjects} as objects`), [], signal);
    return absent(Number(found?.["objects"]));
  }
}

/** Rows are made when somebody asks for them: where the columns are as the files say, nobody does. */
function present(columns: LedgerColumns, objects: number, repeats: boolean): Ledger {
  let rows: readonly LedgerRow[] | undefined;
  return {
    ledger: "present",
    columns,
    objects,
    ...(repeats ? { repeats } : {}),
    get rows() {
      return (rows ??= rowsOf(columns));
    },
  };
}

/** Of no rows, every column is null. */
function columnsOf(found: Row): LedgerColumns {
  const text = (column: string, none: string): string => {
    const value = found[column];
    return typeof value === "string" ? value : none;
  };
  return {
    orders: text("orders", "[]"),
    versions: text("versions", "[]"),
    names: text("names", "[]"),
    checksums: text("checksums", "[]"),
    rollbackChecksums: text("rollback_checksums", "[]"),
    states: text("states", ""),
    rollbacks: text("rollbacks", ""),
  };
}
