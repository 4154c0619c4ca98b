import { retried } from "../../core/contention.ts";
import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Session } from "../../core/ports/postgres.ts";
import type { Before, Link } from "../../core/resource.ts";
import { sqlFailure } from "../../core/sql.ts";
import { explain, headerFailed } from "./failure.ts";
import { setStatements } from "./file-settings.ts";
import type { Runnable } from "./guard.ts";
import { readRow, type FullRow } from "./ledger.ts";
import type { MigrationFile } from "./model.ts";
import { leavesNoTrace } from "./no-trace.ts";
import {
  begin,
  checkFence,
  cleaningMs,
  contender,
  expectTriggers,
  fenceIfFresh,
  firstLook,
  inside,
  markUsed,
  resetBefore,
  sendTransaction,
  settings,
  withdraw,
} from "./session.ts";

export interface TransactionStep {
  readonly name: string;
  /** What runs, in order; nothing of ours is sent after it in the same string, so that nothing of ours is swallowed. */
  readonly sources: readonly [Runnable, ...Runnable[]];
  /** On the ledger, before the first and after the last statement. */
  readonly before: string;
  readonly after: string;
  /** The row that `before` leaves. */
  readonly begun:
    | (Pick<MigrationFile, "order"> & Pick<FullRow, "state">)
    /** Whether it is there, where it is no row of a version. */
    | ((session: Session, signal: AbortSignal) => Promise<boolean>);
  /** Whether the commit waits for the disk: else the next one that does covers it (docs/decisions/0006). */
  readonly durable: boolean;
  /** What it is called when it is to be held back (ledger.ts), where it may be sent behind another. */
  readonly sending?: number;
}

/**
 * One transaction over the file and its row in the ledger, in one round trip (RELIABILITY 24, 25). When a statement fails,
 * the server refuses all that follows it, the commit too; so it does with what is sent behind (`link.before`). Where there
 * is no transaction to refuse anything, because it never began, each string refuses by itself.
 *
 * @throws PoststackError `MIGRATION_FAILED`, `MIGRATION_TRANSACTION`, `MIGRATION_INTERRUPTED`, `MIGRATION_LOCKED`, `FENCED`
 */
export async function runInTransaction(
  session: Session,
  step: TransactionStep,
  ports: Ports,
  signal: AbortSignal,
  link?: Link<unknown>,
): Promise<void> {
  const { name, sources, before, after, durable, sending = 0 } = step;
  const { interval, hasTriggers } = await firstLook(session, signal);
  const sets = [...settings(session, interval, true), ...(durable ? [] : ["set local synchronous_commit = off"])];
  const isolation = sources.find((source) => source.isolation !== undefined)?.isolation;
  const mode = isolation === undefined ? "" : `, isolation level ${isolation}`;
  const fence = checkFence(fenceIfFresh(ports.server.fence()));
  const texts = stringsOf(sources, sets);
  const isTimed = sources.some(({ settings: own }) => own.some((setting) => setting.name === "statement_timeout"));
  // A limit of the file's is none of the ledger's.
  const lifted = isTimed ? "set local statement_timeout = 0; " : "";
  const isPlain = !hasTriggers && sources.every(({ text, settings: own }) => own.length === 0 && leavesNoTrace(text));
  const strings = [
    `${begin}${mode}; ${sets.join("; ")}; ${fence}; ${before}`,
    ...texts.map(({ text }) => inside(text)),
    // The file may have taken another role, which cannot see the ledger.
    `${lifted}reset session authorization; reset role; ${after}; select poststack.end_migration(); ${isPlain ? "" : `${markUsed}; `}commit`,
  ];
  /** Strings before the sources. */
  let leading = 1;
  const send = (sent = link?.sent): Promise<void> => {
    const reset = resetBefore(session, isPlain);
    leading = reset.length + 1;
    if (sources.some(({ text }) => makesTriggers.test(text))) expectTriggers(session);
    return sendTransaction(session, [...reset, ...strings], signal, sent);
  };
  const sentBehind = (answer: Promise<unknown>): void =>
    link?.sent(answer, () => withdraw(sending, answer, ports).catch(() => false));
  let early = link?.before === undefined ? undefined : await sendBehind(link.before, () => send(sentBehind));
  const attempt = (): Promise<void> => {
    const first = early?.answer;
    early = undefined;
    return first ?? send();
  };
  try {
    await retried(contender(name, sources[0].file, session), ports, signal, attempt);
  } catch (error) {
    const string = sqlFailure(error)?.string ?? leading;
    if (string < leading) throw error;
    const { source, isHeader } = texts[string - leading] ?? { source: sources[0], isHeader: false };
    if (isHeader) throw headerFailed(error, name, source, source.settings);
    // A deferred constraint fails at the commit.
    const commit = string - leading >= texts.length ? { statement: "commit" as const } : {};
    const failed = { name, source, remains: "nothing of it remains", ...commit };
    const isUndone = isUnrecognised(error) && (await isTakenBack(step.begun, ports));
    throw await explain(error, { ...failed, isUndone }, ports.parser);
  }
}

const makesTriggers = /\b(?:event\s+trigger|extension)\b/i;

interface Sent {
  readonly text: string;
  readonly source: Runnable;
  /** What its header sets, and no statement of its own. */
  readonly isHeader: boolean;
}

/** The files as they are sent. Most have no header that sets anything; where one has, the next begins as every file does. */
function stringsOf(sources: readonly Runnable[], usual: readonly string[]): readonly Sent[] {
  return sources.flatMap((source, index) => {
    const { text, settings } = source;
    const before = sources[index - 1]?.settings ?? [];
    const anew = before.length === 0 ? [] : ["set local role none", "set local search_path to default", ...usual];
    const header = [...anew, ...setStatements(settings, true)].join("; ");
    const body = { text, source, isHeader: false };
    return header === "" ? [body] : [{ text: header, source, isHeader: true }, body];
  });
}

const isUnrecognised = (error: unknown): boolean =>
  error instanceof PoststackError && error.code === "MIGRATION_INTERRUPTED";

/** A file that ends its own transaction commits the row with which it began; what is taken back leaves none. */
async function isTakenBack(begun: TransactionStep["begun"], { server }: Ports): Promise<boolean> {
  const limit = AbortSignal.timeout(cleaningMs);
  try {
    // Not on the file's own session, whose role and encoding are not known.
    const admin = await server.database(limit);
    if (admin === undefined) return false;
    if (typeof begun === "function") return !(await begun(admin, limit));
    return (await readRow(admin, begun.order, limit))?.state !== begun.state;
  } catch {
    return false;
  }
}

/**
 * Sends without knowing how the one ahead ends. Once that has failed it is too late: the session is about to be cleaned,
 * and this would come behind that. Who stands in the way is looked at from the moment at which it is this one that waits.
 *
 * @throws what the one ahead failed with
 */
async function sendBehind(
  before: Before<unknown>,
  send: () => Promise<void>,
): Promise<{ readonly answer: Promise<void> }> {
  if (before.isOver()) throw new PoststackError("INTERNAL", { what: "nothing is sent behind what is over" });
  const answer = send();
  answer.catch(() => undefined);
  await before.answer;
  return { answer };
}
