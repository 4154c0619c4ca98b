import { sqlParser } from "../../../../controller/adapters/sql-parser.ts";
import type { Row, Session } from "../../../../controller/core/ports/postgres.ts";
import { lockModes, stronger, type LockMode } from "../../../../controller/core/table-lock.ts";
import { askedBy } from "../../../../controller/resources/migration/impact/asked.ts";
import { openCatalog, type CatalogFacts } from "../../../../controller/resources/migration/impact/catalog.ts";
import { together, type Effect } from "../../../../controller/resources/migration/impact/effect.ts";
import { readCatalogFacts } from "../../../../controller/resources/migration/impact/live.ts";
import { predict } from "../../../../controller/resources/migration/impact/predict.ts";
import { newHistory } from "../../../../controller/resources/migration/lint/history.ts";
import { parsedForRules } from "../../../../controller/resources/migration/lint/files.ts";
import { statementsIn, type Statement } from "../../../../controller/resources/migration/lint/statement.ts";

/** Three connections: one that migrates, one that stands in its way, one that looks. */
export interface Bench {
  readonly subject: Session;
  readonly blocker: Session;
  readonly observer: Session;
  readonly signal: AbortSignal;
}

/** What happens to each relation: `orders ACCESS EXCLUSIVE, rewritten`. */
export type Account = readonly string[];

async function statementsOf(sql: string): Promise<readonly Statement[]> {
  const parsed = await parsedForRules(sql, sqlParser);
  if (parsed?.misfit !== undefined || parsed === undefined) throw new Error(`${sql}: ${parsed?.misfit?.message ?? ""}`);
  return statementsIn(parsed);
}

/** One question for all of them. */
export async function factsFor(texts: readonly string[], { observer, signal }: Bench): Promise<CatalogFacts> {
  const statements = (await Promise.all(texts.map(statementsOf))).flat();
  return readCatalogFacts(observer, askedBy(statements), signal);
}

export async function predicted(sql: string, facts: CatalogFacts): Promise<readonly Effect[]> {
  const statements = await statementsOf(sql);
  const catalog = openCatalog(facts);
  const history = newHistory();
  return together(
    statements.flatMap((statement) => {
      const effects = predict(statement.node, catalog, history);
      history.see(statement);
      return effects;
    }),
  );
}

const isIndex = ({ relation: { kind } }: Effect): boolean => kind === "index" || kind === "partitioned index";

/** Whether it reads every row, as far as that is said: a query may have an index, a rewrite another table. */
const reading = ({ work }: Effect): string => (work === "scan" || work === "build" ? ", read" : "");

/** Of indexes, locks alone are compared: the server takes them with those of their table. */
export const accountOf = (effects: readonly Effect[]): Account =>
  effects
    .filter((one) => !isIndex(one))
    .map((one) => {
      const rewritten = one.work === "rewrite" ? ", rewritten" : reading(one);
      return `${one.relation.name.name} ${one.mode}${rewritten}`;
    })
    .sort();

const relations = `
select c.oid::int, c.relname as name, c.relkind::text as kind, pg_relation_filenode(c.oid)::int as file,
  pg_stat_get_xact_numscans(c.oid)::int as scans
from pg_class c where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c', 'i', 'I')
  and c.relnamespace::regnamespace::text in ('public', 'shop') order by c.oid`;

const locksOf = (pid: number): string =>
  `select relation::int as oid, mode from pg_locks where pid = ${pid} and locktype = 'relation'`;

function taken(rows: readonly Row[]): ReadonlyMap<number, LockMode> {
  const modes = new Map<number, LockMode>();
  for (const row of rows) {
    const oid = Number(row["oid"]);
    const mode = modeNamed(String(row["mode"]));
    modes.set(oid, stronger(modes.get(oid) ?? mode, mode));
  }
  return modes;
}

/** `AccessExclusiveLock` as the manual writes it. */
function modeNamed(name: string): LockMode {
  const mode = lockModes.find((one) => `${one.toLowerCase().replaceAll(" ", "")}lock` === name.toLowerCase());
  if (mode === undefined) throw new Error(`no lock: ${name}`);
  return mode;
}

/** What was seen of a relation that was there before. */
export interface Seen {
  readonly oid: number;
  readonly name: string;
  readonly isIndex: boolean;
  readonly mode: LockMode;
  readonly isRewritten: boolean;
  readonly isRead: boolean;
}

/** The same of what was seen. Where a query runs, nobody said whether it reads all. */
export const accountSeen = (seen: readonly Seen[], effects: readonly Effect[]): Account =>
  seen
    .filter((one) => !one.isIndex)
    .map(({ oid, name, mode, isRewritten, isRead }) => {
      const told = effects.find(({ relation }) => relation.oid === oid);
      const what = isRewritten ? ", rewritten" : isRead && told?.work !== "query" ? ", read" : "";
      return `${name} ${mode}${what}`;
    })
    .sort();

/** Runs it in a transaction, looks, and takes it back: all of it sent at once. */
export async function measured(sql: string, { subject, signal }: Bench): Promise<readonly Seen[]> {
  const strings = ["begin", relations, sql, locksOf(subject.pid), relations, "rollback"];
  const [, before = [], , locks = [], after = []] = await subject.pipeline(strings, signal);
  const modes = taken(locks);
  const later = new Map(after.map((row) => [row["oid"], row]));
  const emptied = /^\s*truncate|with no data$/i.test(sql);
  return before.flatMap((row): readonly Seen[] => {
    const [oid, kind, now] = [Number(row["oid"]), String(row["kind"]), later.get(row["oid"])];
    const mode = modes.get(oid);
    if (mode === undefined) return [];
    const isRewritten = !emptied && now !== undefined && kind !== "S" && now["file"] !== row["file"];
    const isRead = !emptied && Number(now?.["scans"] ?? 0) > Number(row["scans"]);
    return [{ oid, name: String(row["name"]), isIndex: /i/i.test(kind), mode, isRewritten, isRead }];
  });
}

/**
 * Runs what cannot run in a transaction while another session holds what it must wait for, and looks at what it has and
 * wants meanwhile.
 */
export async function measuredWaiting(sql: string, blocking: string, bench: Bench): Promise<readonly Seen[]> {
  const { subject, blocker, observer, signal } = bench;
  await blocker.pipeline(["begin", blocking], signal);
  const names = new Map((await observer.query(relations, [], signal)).map((row) => [Number(row["oid"]), row]));
  const running = subject.pipeline([sql], signal).catch((error: unknown) => error);
  for (;;) {
    const [row] = await observer.query(
      "select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'",
      [subject.pid],
      signal,
    );
    if (row !== undefined) break;
  }
  const modes = taken(await observer.query(locksOf(subject.pid), [], signal));
  await blocker.query("rollback", [], signal);
  const failure = await running;
  if (failure instanceof Error) throw failure;
  return [...modes].flatMap(([oid, mode]): readonly Seen[] => {
    const row = names.get(oid);
    if (row === undefined) return [];
    const isIndex = /i/i.test(String(row["kind"]));
    return [{ oid, name: String(row["name"]), isIndex, mode, isRewritten: false, isRead: false }];
  });
}
