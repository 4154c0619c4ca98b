import { retried } from "../../../core/contention.ts";
import { fromFacts, PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { Session } from "../../../core/ports/postgres.ts";
import type { Result } from "../../../core/resource.ts";
import { quoteLiteral, sqlFailure } from "../../../core/sql.ts";
import { explain, headerFailed } from "../failure.ts";
import { setStatements } from "../file-settings.ts";
import { deleteRow, markApplied, setText, type FullRow } from "../ledger.ts";
import type { MigrationFile } from "../model.ts";
import { begin, checkFence, contender, inside, sendTransaction, writeLedger } from "../session.ts";
import { placeAt, type Source } from "../source.ts";
import { settingsOf } from "../text.ts";
import { backfillIn, type Backfill } from "./backfill-text.ts";
import {
  advance,
  beginProgress,
  endProgress,
  findKey,
  greatestKey,
  nextRange,
  readProgress,
  type Key,
  type NoKey,
  type Progress,
  type Range,
} from "./progress.ts";

export interface BackfillStep {
  readonly migration: MigrationFile;
  readonly source: Source;
  /** On the ledger: the row as it begins. */
  readonly before: string;
  /** The row that an earlier try has left, which did not come to its end. */
  readonly row: FullRow | undefined;
}

/**
 * Runs one statement for one range of keys after another, each range a transaction with the key that it has come to. So each
 * range is done exactly once, whatever is killed, and the next try goes on behind the last one (RELIABILITY 24).
 *
 * @param session as `freshSession` gives it
 * @throws PoststackError `MIGRATION_HEADER`, `MIGRATION_FAILED`, `MIGRATION_EDITED`, `MIGRATION_LOCKED`, `FENCED`
 */
export async function runBackfill(
  session: Session,
  step: BackfillStep,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const { migration, source, row } = step;
  const { order } = migration;
  const backfill = await backfillIn(source, ports.parser);
  const role = await setUp(session, step, signal);
  const key = await findKey(session, backfill.table, backfill.column, signal);
  if (typeof key === "string") throw noKey(key, backfill, source);
  await prepare(session, step, backfill, ports, signal);
  let progress =
    row === undefined
      ? await started(session, step, key, ports, signal)
      : await resumed(session, { ...step, row }, key, ports, signal);
  const pace = paced(backfill.rate, ports);
  for (;;) {
    const range = await nextRange(session, key, progress, backfill.size, signal);
    if (range === undefined) break;
    await runBatch(session, { ...step, backfill, progress, role }, range, ports, signal);
    const { keys, batches } = progress;
    progress = { ...progress, doneTo: range.last, keys: keys + range.keys, batches: batches + 1 };
    ports.progress(told(progress, key));
    await pace(range.keys, signal);
  }
  await writeLedger(session, `${markApplied(order)}; ${endProgress(order)}`, ports, signal);
  const { keys, batches } = progress;
  return { note: `${keys} keys in ${batches === 1 ? "one batch" : `${batches} batches`}` };
}

/** What the file's header sets is the session's until its end; the role, which may not see the ledger, each batch's. */
async function setUp(
  session: Session,
  { migration: { name }, source }: BackfillStep,
  signal: AbortSignal,
): Promise<string | undefined> {
  const settings = settingsOf(source.text);
  try {
    if (settings.length > 0) {
      await session.pipeline([[...setStatements(settings, false), "reset role"].join("; ")], signal);
    }
  } catch (error) {
    throw headerFailed(error, name, source, settings);
  }
  return settings.find((setting) => setting.name === "role")?.value;
}

/** For this session only. Finds what is wrong with the statement, and the types of its keys, before a row is touched. */
async function prepare(
  session: Session,
  { migration: { name }, source }: BackfillStep,
  { statement }: Backfill,
  { parser }: Ports,
  signal: AbortSignal,
): Promise<void> {
  try {
    await session.pipeline([`${preparing}${statement.text}`], signal);
  } catch (error) {
    throw await explain(placed(error), { name, source, statement, remains: "no row was touched" }, parser);
  }
}

const statementName = "poststack_batch";
const preparing = `prepare ${statementName} as `;

/** Counted from where the statement begins. */
function placed(error: unknown): unknown {
  const failure = sqlFailure(error);
  if (!(error instanceof PoststackError) || failure?.position === undefined) return error;
  return fromFacts(error.facts, { cause: { ...failure, position: failure.position - preparing.length } });
}

async function started(
  session: Session,
  { migration: { order }, before, row }: BackfillStep,
  key: Key,
  ports: Ports,
  signal: AbortSignal,
): Promise<Progress> {
  const until = await greatestKey(session, key, signal);
  const progress: Progress = { key: key.called, doneTo: undefined, until, keys: 0, batches: 0 };
  const begun = beginProgress(order, progress, ports.server.fence());
  await writeLedger(session, row === undefined ? `${before}; ${begun}` : begun, ports, signal);
  return progress;
}

/**
 * A statement that met rows which it was not made for may be corrected: what is done stays done, the rest runs as it is now.
 * What began as another sort of file and did nothing begins as a backfill.
 */
async function resumed(
  session: Session,
  step: BackfillStep & { readonly row: FullRow },
  key: Key,
  ports: Ports,
  signal: AbortSignal,
): Promise<Progress> {
  const { migration, source, row } = step;
  const { order, name, checksum } = migration;
  const progress = await readProgress(session, order, signal);
  const isOtherKey = progress?.doneTo !== undefined && progress.key !== key.called;
  if (isOtherKey || (progress === undefined && (row.statementsDone > 0 || row.statementBegun !== undefined))) {
    const done =
      progress === undefined ? "in part, as another sort of file" : `up to ${progress.key} ${progress.doneTo}`;
    throw new PoststackError("MIGRATION_EDITED", {
      what: `${name} is done ${done}, and goes along ${key.called} now`,
      where: placeAt(source, 0),
      next: "put back what it was; of a backfill, the statement, the size of a batch and the rate may change",
    });
  }
  if (row.checksum !== checksum) await writeLedger(session, setText(order, source.text, checksum), ports, signal);
  return progress?.doneTo === undefined ? started(session, step, key, ports, signal) : progress;
}

interface Batch extends BackfillStep {
  readonly backfill: Backfill;
  readonly progress: Progress;
  /** As which the statement runs, quoted. */
  readonly role: string | undefined;
}

async function runBatch(
  session: Session,
  { migration: { order, name }, source, backfill, progress, role }: Batch,
  { first, last, keys }: Range,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const [take, leave] = role === undefined ? ["", ""] : [`; set local role ${role}`, "set local role none; "];
  const strings = [
    `${begin}; ${checkFence(ports.server.fence())}${take}`,
    inside(`execute ${statementName}(${quoteLiteral(first)}, ${quoteLiteral(last)})`),
    `${leave}${advance(order, last, keys)}; select poststack.end_migration(); commit`,
  ];
  try {
    await retried(contender(name, source.file, session), ports, signal, () =>
      sendTransaction(session, strings, signal),
    );
  } catch (error) {
    // A cut connection, or an abort: what is recorded is what is done.
    if (sqlFailure(error) === undefined) throw error;
    const isFirst = progress.doneTo === undefined;
    if (isFirst && !isFenced(error)) {
      const undo = `${deleteRow(order)}; ${endProgress(order)}`;
      await writeLedger(session, undo, ports, signal).catch(() => undefined);
    }
    const remains = isFirst
      ? "nothing of it remains"
      : `what lies up to ${progress.key} ${progress.doneTo ?? ""} is done and does not run again`;
    // The failure of EXECUTE has no place in the file.
    const { position: _position, ...failure } = sqlFailure(error) ?? {};
    const cause = error instanceof PoststackError ? fromFacts(error.facts, { cause: failure }) : error;
    throw await explain(cause, { name, source, statement: backfill.statement, remains }, ports.parser);
  }
}

const isFenced = (error: unknown): boolean => error instanceof PoststackError && error.code === "FENCED";

/** Waits behind each batch until its keys have had the time that the rate gives them. */
function paced(rate: number | undefined, { clock }: Ports): (keys: number, signal: AbortSignal) => Promise<void> {
  let startMs = clock.nowMs();
  return async (keys, signal) => {
    const leftMs = rate === undefined ? 0 : startMs + (keys / rate) * 1_000 - clock.nowMs();
    if (leftMs > 0) await clock.sleep(leftMs, signal);
    startMs = clock.nowMs();
  };
}

function told({ key, doneTo = "", keys, batches }: Progress, { estimate }: Key): string {
  const of = estimate === undefined || estimate < keys ? "" : ` of about ${estimate}`;
  return `batch ${batches}: ${keys} keys${of} done, up to ${key} ${doneTo}`;
}

const whyNot: Readonly<Record<NoKey, { readonly what: string; readonly next: string }>> = {
  table: { what: "there is no such table", next: "name the table as the database has it" },
  column: { what: "it has no such column", next: "name a column of that table" },
  primary: {
    what: "it has no primary key of one column",
    next: "name a column that an index leads: `-- poststack: key users.id`",
  },
  index: {
    what: "no index leads with that column, so each batch would read the whole table",
    next: "take a column that has one, or make one in the expand before",
  },
  nulls: {
    what: "it may be null, and a row without a key is in no batch",
    next: "take a column that is NOT NULL",
  },
};

function noKey(why: NoKey, { table, column, statement }: Backfill, source: Source): PoststackError {
  const { what, next } = whyNot[why];
  return new PoststackError("MIGRATION_HEADER", {
    what: `${source.file} goes along ${[...table, ...(column === undefined ? [] : [column])].join(".")}: ${what}`,
    where: placeAt(source, statement.start),
    next,
  });
}
