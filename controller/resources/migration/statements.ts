import { lockTimeoutMs, retried } from "../../core/contention.ts";
import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Session } from "../../core/ports/postgres.ts";
import type { SqlStatement } from "../../core/ports/sql-parser.ts";
import { sqlFailure } from "../../core/sql.ts";
import { watchBlockers } from "../../core/blockers.ts";
import { explain, explainPartial, headerFailed, needsNoTransaction } from "./failure.ts";
import { setStatements, type FileSetting } from "./file-settings.ts";
import { dropInvalid, invalidIndexes, isRepeatable, verify } from "./indexes.ts";
import { setProgress } from "./ledger.ts";
import { byHand } from "./refusals.ts";
import { checkUnchanged, type Earlier } from "./resumed.ts";
import { begin, checkFence, cleaningMs, contender, inside, sendTransaction, writeLedger } from "./session.ts";
import { firstLine, placeAt, type Source } from "./source.ts";
import { settingsOf } from "./text.ts";

export interface Script {
  readonly name: string;
  readonly order: string;
  readonly source: Source;
  /** How far an earlier try came, and with which text. */
  readonly earlier?: Earlier;
  /** On the ledger: all statements are done; the first one failed and left nothing; the text was corrected. */
  readonly finish: string;
  readonly undo: string;
  readonly correct: string;
}

/**
 * A file with the header `-- poststack: no-transaction`, whose row stands in the ledger already. What can run in a
 * transaction does, one statement each with its progress; what cannot is recorded before, and when its end is not known,
 * verified in the catalog (RELIABILITY 26).
 *
 * @param session as `freshSession` gives it
 * @returns how many statements ran
 * @throws PoststackError `MIGRATION_FAILED`, `MIGRATION_EDITED`, `MIGRATION_INTERRUPTED`, `MIGRATION_LOCKED`, `FENCED`
 */
export async function runStatements(
  session: Session,
  script: Script,
  ports: Ports,
  signal: AbortSignal,
): Promise<number> {
  const { source, earlier } = script;
  const settings = settingsOf(source.text);
  const role = settings.find((setting) => setting.name === "role")?.value;
  const run: Run = { session, script, ports, signal, settings, role };
  await setUp(run);
  const statements = (await ports.parser.parse(source.text))?.statements ?? [whole(source)];
  let done = 0;
  if (earlier !== undefined) {
    await checkUnchanged(script.name, source, earlier, ports.parser);
    if (earlier.text !== source.text) await writeLedger(session, script.correct, ports, signal);
    // The settings that the rest of the file counts on went with the connection.
    const repeated = statements.slice(0, earlier.done).filter(({ kind }) => kind.is === "setting");
    await session.pipeline(
      repeated.map(({ text }) => text),
      signal,
    );
    done = await settle(run, earlier, statements);
  }
  const first = done;
  for (; done < statements.length; done++) {
    const statement = statements[done];
    if (statement === undefined) break;
    ports.progress(`statement ${done + 1} of ${statements.length}: ${firstLine(statement.text)}`);
    await runOne(run, statement, done);
  }
  await writeLedger(session, script.finish, ports, signal);
  return done - first;
}

interface Run {
  readonly session: Session;
  readonly script: Script;
  readonly ports: Ports;
  readonly signal: AbortSignal;
  /** What the file's header sets. */
  readonly settings: readonly FileSetting[];
  /** As which the statements run, quoted; never the ledger's, which it may not see. */
  readonly role: string | undefined;
}

/** What the header sets is the session's until the file ends; the role is only tried here. */
async function setUp({ session, script, settings, ports, signal }: Run): Promise<void> {
  if (settings.length === 0) return;
  try {
    await session.pipeline([[...setStatements(settings, false), "reset role"].join("; ")], signal);
  } catch (error) {
    if (!isCut(error) && script.earlier === undefined) {
      await writeLedger(session, script.undo, ports, signal).catch(() => undefined);
    }
    throw headerFailed(error, script.name, script.source, settings);
  }
}

/** What no lexer can split, the server refuses as a whole, and says where. */
const whole = ({ text }: Source): SqlStatement => ({ text, start: 0, kind: { is: "other" } });

/** The number of statements that are done, once the one in doubt has been looked at. */
async function settle(
  run: Run,
  { done, begun }: NonNullable<Script["earlier"]>,
  statements: readonly SqlStatement[],
): Promise<number> {
  const {
    session,
    script: { name, source },
    signal,
  } = run;
  const doubtful = begun === undefined ? undefined : statements[begun - 1];
  if (doubtful === undefined) return done;
  const verdict = await asRole(run, () => verify(session, doubtful.kind, signal));
  if (verdict !== "unknown") return verdict === "done" ? done + 1 : done;
  throw new PoststackError("MIGRATION_INTERRUPTED", {
    what: `${name} was interrupted in statement ${done + 1} of ${statements.length}, and the catalog does not tell whether that took effect`,
    where: placeAt(source, doubtful.start),
    next: byHand(name),
    details: [`statement: ${firstLine(doubtful.text)}`],
  });
}

async function runOne(run: Run, statement: SqlStatement, done: number): Promise<void> {
  const { session, script, ports, signal, role } = run;
  const { name, order, source } = script;
  if (statement.kind.is === "build-index" || statement.kind.is === "drop-index") return runAlone(run, statement, done);
  const strings = [
    `${begin}; ${checkFence(ports.server.fence())}${role === undefined ? "" : `; set local role ${role}`}`,
    inside(statement.text),
    `${lifted(run)}${setProgress(order, done + 1, undefined)}; select poststack.end_migration(); commit`,
  ];
  const inTransaction = (): Promise<void> => sendTransaction(session, strings, signal);
  try {
    await retried(contender(name, source.file, session), ports, signal, inTransaction);
  } catch (error) {
    if (needsNoTransaction(error)) return runAlone(run, statement, done);
    throw await undone(run, statement, done, error);
  }
}

/** The failure of a statement that left nothing: the ledger goes back to what was before it. */
async function undone(run: Run, statement: SqlStatement, done: number, error: unknown): Promise<unknown> {
  const { session, script, ports, signal } = run;
  const { name, order, source } = script;
  if (isCut(error)) return error;
  if (!(error instanceof PoststackError && error.code === "FENCED")) {
    const undo = done === 0 ? script.undo : setProgress(order, done, undefined);
    await writeLedger(session, undo, ports, signal).catch(() => undefined);
  }
  const remains = done === 0 ? "nothing of it remains" : `its first ${done} statements are done and do not run again`;
  // A setting ends no transaction; what else is not recognised at its end may have.
  return explain(error, { name, source, remains, statement, isUndone: statement.kind.is === "setting" }, ports.parser);
}

/** A cut connection or an abort: what is recorded is all that is known. */
const isCut = (error: unknown): boolean =>
  sqlFailure(error) === undefined || (error instanceof PoststackError && error.code === "POSTGRES_BUSY");

/** In a transaction of ours: neither the role nor the limit of the file is the ledger's. */
const lifted = ({ role, settings }: Run): string => {
  const isTimed = settings.some((setting) => setting.name === "statement_timeout");
  return `${role === undefined ? "" : "set local role none; "}${isTimed ? "set local statement_timeout = 0; " : ""}`;
};

/** Outside of a transaction the role is the session's for as long as it takes. Waited for, as every setting is there. */
async function asRole<T>({ session, role, signal }: Run, work: () => Promise<T>): Promise<T> {
  if (role === undefined) return work();
  await session.pipeline([`set role ${role}`], signal);
  try {
    return await work();
  } finally {
    // What cannot be reset fails at the ledger, which that role may not see.
    await session.pipeline(["reset role"], AbortSignal.timeout(cleaningMs)).catch(() => undefined);
  }
}

/**
 * In autocommit, recorded before. What a failed build of an index leaves is dropped. A procedure or block may have
 * committed before it failed: it is not tried again, and stays recorded as begun.
 */
async function runAlone(run: Run, statement: SqlStatement, done: number): Promise<void> {
  const { session, script, ports, signal } = run;
  const { kind, text } = statement;
  const { name, order, source } = script;
  await writeLedger(session, setProgress(order, done, done + 1), ports, signal);
  const build = kind.is === "build-index" ? kind : undefined;
  if (build?.ifNotExists === true && build.name !== undefined) {
    await asRole(run, () => dropInvalid(session, build, [], signal));
  }
  const foreign = build === undefined ? [] : await invalidIndexes(session, build, signal);
  // CONCURRENTLY waits for every older transaction while reads and writes go on: hours of building are not thrown away
  // because a report takes six seconds.
  const waits = build !== undefined || kind.is === "drop-index" || /\bconcurrently\b/i.test(text);
  // A limit that the file itself gives is meant.
  const isUnlimited = waits && !run.settings.some((setting) => setting.name === "lock_timeout");
  let isLeft = false;
  const clear = async (): Promise<void> => {
    if (build === undefined) return;
    isLeft = true;
    await dropInvalid(session, build, foreign, signal);
    isLeft = false;
  };
  const attempt = async (): Promise<void> => {
    try {
      if (isLeft) await clear();
      // Waited for: in one packet, the statement would run though this had failed.
      if (isUnlimited) await session.pipeline(["set lock_timeout = 0"], signal);
      await session.pipeline([text], signal);
    } catch (error) {
      if (sqlFailure(error) !== undefined) await clear().catch(() => undefined);
      throw error;
    }
  };
  if (isRepeatable(kind)) {
    await retried(contender(name, source.file, session), ports, signal, () => asRole(run, attempt)).catch(
      async (error: unknown) => {
        // What could not be dropped stays recorded as begun, for the next apply to find.
        const left = { name, source, remains: "the index that is not valid is dropped by the next apply", statement };
        throw isLeft ? await explain(error, left, ports.parser) : await undone(run, statement, done, error);
      },
    );
  } else {
    const watch = watchBlockers(session.pid, "admin", ports);
    await asRole(run, attempt)
      .catch(async (error: unknown) => {
        throw isCut(error) ? error : await explainPartial(error, { name, source, statement }, ports.parser);
      })
      .finally(watch.stop);
  }
  // No failure of the statement's own: it stays recorded as begun, and the catalog tells.
  if (isUnlimited) await session.pipeline([`set lock_timeout = ${lockTimeoutMs}`], signal);
  await writeLedger(session, setProgress(order, done + 1, undefined), ports, signal);
}
