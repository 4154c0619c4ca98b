import type { Place } from "../../../core/place.ts";
import type { Suspicion } from "./examine.ts";
import { factsOf, weighed, type LintFacts, type Partition, type TableFacts } from "./facts.ts";
import { levelOf, milder, type Level, type LintPolicy } from "./level.ts";
import { describeLock } from "./lock.ts";
import { chosenName } from "./clauses.ts";
import { keyOf, plain, show, type Name } from "./names.ts";
import { isFreeChange } from "./type-change.ts";

/** What a rule found, with how grave it is here. Plain data. */
export interface Finding {
  readonly rule: string;
  readonly level: Exclude<Level, "off">;
  readonly place: Place;
  /** What happens, as a sentence without a full stop. */
  readonly what: string;
  /** What is known of the table whose size was weighed. */
  readonly table?: TableSize;
  /** `ACCESS EXCLUSIVE on orders while every row is read: reads and writes wait` */
  readonly locks: readonly string[];
  /** Lines of SQL: how to do it instead. */
  readonly recipe: readonly string[];
  /** The first line of the statement. */
  readonly statement: string;
}

export interface TableSize extends Pick<TableFacts, "bytes" | "rows" | "indexes"> {
  readonly name: string;
}

interface JudgeOptions {
  readonly policy: LintPolicy;
  readonly facts?: LintFacts;
  /** The gravest that a finding may be whose weight is a table that nobody knows. */
  readonly unknown: Level;
}

/** Policy gives the level, the facts of the table take from it. What is off, or harmless on this table, is left out. */
export function judge(suspicions: readonly Suspicion[], { policy, facts, unknown }: JudgeOptions): readonly Finding[] {
  return suspicions.flatMap((suspicion): readonly Finding[] => {
    const { rule, level: own, weight, on, path, newType, place, what, locks, statement } = suspicion;
    const table = factsOf(facts, on, path);
    const old = newType === undefined ? undefined : table?.columnTypes?.get(newType.column);
    if (newType !== undefined && old !== undefined && isFreeChange(old, newType.type)) return [];
    const asked = levelOf(policy, rule, own);
    const level = weighed(isOfNewer(rule, facts) ? milder(asked, "note") : asked, weight, table, unknown);
    if (level === "off") return [];
    const known = table === undefined || on === undefined ? {} : { table: sizeOf(on, table) };
    const recipe = recipeFor(suspicion, table?.partitions);
    return [{ rule, level, place, what, ...known, locks: locks.map(describeLock), recipe, statement }];
  });
}

function recipeFor({ recipe, partitioned, on }: Suspicion, partitions: TableFacts["partitions"]): readonly string[] {
  if (partitioned === undefined || partitions === undefined || on === undefined) return recipe;
  const { before, branch, leaf, suffix } = partitioned;
  const known = new Set(partitions.map(({ name }) => keyOf(name)));
  const indexOf = (table: Name): Name =>
    known.has(keyOf(table)) ? { ...table, name: chosenName(table, [], suffix) } : partitioned.index;
  const forOne = ({ name, of, isPartitioned }: Partition): readonly string[] =>
    (isPartitioned ? branch : leaf).map((line) =>
      line
        .replaceAll("{table}", () => show(name))
        .replaceAll("{new index}", () => plain(indexOf(name).name))
        .replaceAll("{index above}", () => show(indexOf(of)))
        .replaceAll("{index}", () => show(indexOf(name))),
    );
  return [...before, ...partitions.flatMap(forOne)];
}

/** What the parser's grammar does not accept may well be right on a server that is newer than it. */
const isOfNewer = (rule: string, facts: LintFacts | undefined): boolean =>
  rule === "syntax" && (facts?.major ?? grammarMajor) > grammarMajor;

/** The version of Postgres that the parser is made from. */
const grammarMajor = 18;

const sizeOf = (named: Name, { name = show(named), bytes, rows, indexes }: TableFacts): TableSize => ({
  name,
  bytes,
  rows,
  indexes,
});
