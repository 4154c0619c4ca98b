import type { ResourceId } from "../../core/id.ts";
import type { Ports } from "../../core/ports.ts";
import type { Files } from "../../core/ports/files.ts";
import type { Session } from "../../core/ports/postgres.ts";
import { idOf, runsRecorded } from "./history.ts";
import type { LedgerRow, ListedMigrations, NamedMigration, RollbackFacts } from "./model.ts";
import { readForward, readRollback, type Source } from "./source.ts";
import { isAfter, parseTarget } from "./target.ts";
import { checksumOf, headersOf } from "./text.ts";
import { compareOrders } from "./version.ts";

/**
 * What is known of rollbacks before they run: of each that may, the checksum of its file, and what the statements that will
 * run do to what is there now, from the last migration on.
 *
 * @param live the database, where it is in use
 * @throws PoststackError `FILE_*`: a rollback that cannot be read cannot be planned
 */
export async function observeRollbacks(
  { files, rollback, target: text }: ListedMigrations,
  ledger: { readonly rows: readonly LedgerRow[] },
  live: Session | undefined,
  { files: from, parser }: Pick<Ports, "files" | "parser">,
  signal: AbortSignal,
): Promise<ReadonlyMap<ResourceId, RollbackFacts>> {
  // Rows are made when somebody asks for them.
  if (!rollback) return new Map();
  const { rows } = ledger;
  const target = parseTarget(text, files, rows);
  if (target === undefined) return new Map();
  const fileOf = new Map(files.map((file) => [file.order, file]));
  const going = rows
    .filter(({ order }) => isAfter(order, target))
    .toSorted((a, b) => compareOrders(b.order, a.order))
    .map((row) => waysOf(row, fileOf.get(row.order), from));
  const facts = new Map(
    going.map(({ id, written }) => [id, written === undefined ? {} : { checksum: digestOf(written) }] as const),
  );
  if (live === undefined) return facts;
  const { impactsOf, parsedText } = await import("./impact/texts.ts");
  const recorded = await recordedTexts(going, live, signal);
  const texts = going.flatMap(({ id, row: { name, order }, written, isRecorded }) => {
    const text = recorded.get(order) ?? "";
    const source = isRecorded ? { file: `${name} (rollback as recorded)`, text } : written;
    if (source === undefined) return [];
    return [parsedText(id, source, headersOf(Buffer.from(source.text)).transactional, parser)];
  });
  const { told } = await impactsOf(await Promise.all(texts), live, signal);
  return new Map([...facts].map(([id, one]) => [id, { ...one, ...told.get(id) }]));
}

interface Going {
  readonly id: ResourceId;
  readonly row: LedgerRow;
  /** The file, as it runs. */
  readonly written: Source | undefined;
  /** What the ledger has runs instead of it. */
  readonly isRecorded: boolean;
}

function waysOf(row: LedgerRow, file: NamedMigration | undefined, from: Files): Going {
  const written = file === undefined ? undefined : readRollback(file, from);
  const isEdited = file !== undefined && digestOf(readForward(file, from)) !== row.checksum;
  return { id: idOf(row, file), row, written, isRecorded: runsRecorded(row, file?.rollbackFile, isEdited) };
}

const digestOf = ({ text }: Source): string => checksumOf(Buffer.from(text));

/** By order. */
async function recordedTexts(
  going: readonly Going[],
  session: Session,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const orders = going.flatMap(({ row, isRecorded }) => (isRecorded ? [row.order] : []));
  if (orders.length === 0) return new Map();
  const rows = await session.query(
    `select "order"::text as "order", rollback_sql as text from poststack.schema_migrations where "order" = any($1::numeric[])`,
    [orders],
    signal,
  );
  return new Map(rows.map(({ order, text }) => [String(order), String(text)]));
}
