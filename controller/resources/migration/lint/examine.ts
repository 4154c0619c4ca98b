import type { Place } from "../../../core/place.ts";
import type { ParsedSql } from "../../../core/ports/sql-parser.ts";
import { firstLine, placeAt, type Source } from "../source.ts";
import { searchPathOf } from "../text.ts";
import { allowancesIn, statementFor, type Allowance } from "./allow.ts";
import type { Weight } from "./facts.ts";
import { newHistory, type Recorder } from "./history.ts";
import type { Level } from "./level.ts";
import type { Match, Rule } from "./rule.ts";
import { metaRules, ruleNames, rules } from "./rules.ts";
import { statementsIn, type Statement } from "./statement.ts";
import { withChanges } from "./common-tables.ts";

/** One migration's text, parsed. */
export interface ExaminedFile {
  readonly source: Source;
  /** False with the header `-- poststack: no-transaction`. */
  readonly transactional: boolean;
  /** As the parser gives it; undefined when not even the words could be told apart. */
  readonly parsed: ParsedSql | undefined;
}

/** What a rule found, before policy and facts say how grave it is. Plain data. */
export interface Suspicion extends Omit<Match, "offset"> {
  readonly rule: string;
  /** The rule's own. */
  readonly level: Level;
  readonly weight: Weight;
  readonly place: Place;
  /** Schemas in which the file has names looked for, where it sets that. */
  readonly path?: readonly string[];
  /** The first line of the statement. */
  readonly statement: string;
}

interface ExamineOptions {
  /** All files are still to run: what one makes, nobody uses when the next one runs. */
  readonly isChain: boolean;
}

/**
 * Looks at the statements of one file after the other, in the order in which they run. Without the facts of any database, and
 * without keeping a tree of what it has looked at: thousands of them would be moved from one part of the heap to the next.
 *
 * @returns what finds all of a file
 */
export function examiner({ isChain }: ExamineOptions): (file: ExaminedFile) => readonly Suspicion[] {
  const history = newHistory();
  return (file) => {
    const found = examineFile(file, history);
    history.endFile(isChain);
    return found;
  };
}

/** A match with where it stands, and whether it counts. Most of a chain's are harmless, and nothing is told of them. */
interface Sighting {
  readonly rule: Rule;
  readonly match: Match;
  readonly of: Statement;
  /** Nobody else uses what it is about. */
  readonly isHarmless: boolean;
}

function examineFile({ source, transactional, parsed }: ExaminedFile, history: Recorder): readonly Suspicion[] {
  const statements = parsed === undefined ? [] : statementsIn(parsed).flatMap(withChanges);
  const sightings: Sighting[] = [];
  const path = searchPathOf(source.text);
  history.beginFile(path);
  for (const [index, statement] of statements.entries()) {
    // A block is one statement, so it is one transaction in any case.
    const isInside = transactional || statement.within !== undefined;
    const context = { transactional: isInside, history, after: () => statements.slice(index + 1) };
    for (const rule of rulesFor(statement)) {
      for (const match of rule.find(statement, context)) {
        const isHarmless = match.on !== undefined && history.isNew(match.on);
        sightings.push({ rule, match, of: statement, isHarmless });
      }
    }
    history.see(statement);
  }
  const allowances = allowancesIn(source.text).map((allowance) => ({
    ...allowance,
    statement: allowance.isForFile ? undefined : statementFor(allowance, statements, source.text),
  }));
  const isAllowed = ({ rule, of }: Sighting): boolean =>
    allowances.some((one) => one.rule === rule.name && one.reason !== "" && isFor(one, of));
  const left = sightings.filter((sighting) => !sighting.isHarmless && !isAllowed(sighting));
  const idle = allowances.flatMap((one) => {
    const isUsed = sightings.some(({ rule, of }) => rule.name === one.rule && isFor(one, of));
    const why = whyIdle(one, isUsed);
    return why === undefined ? [] : [idleLine(one, why, source)];
  });
  return [...syntaxOf(source, parsed), ...left.map((sighting) => suspicionOf(sighting, source, path)), ...idle];
}

function suspicionOf({ rule, match, of }: Sighting, source: Source, path: readonly string[] | undefined): Suspicion {
  const { offset = 0, ...found } = match;
  return {
    ...found,
    rule: rule.name,
    level: rule.level,
    weight: rule.weight,
    place: placeAt(source, of.offset + offset),
    statement: firstLine(of.text),
    ...(path === undefined ? {} : { path }),
  };
}

/** A line before a block is for all that stands in it. */
const isFor = (
  { isForFile, statement }: { readonly isForFile: boolean; readonly statement: Statement | undefined },
  of: Statement,
): boolean => isForFile || (statement !== undefined && [of.offset, of.within?.offset].includes(statement.offset));

const rulesOf = new Map<string, readonly Rule[]>();

/** Most statements are of a sort that hardly any rule looks at. */
function rulesFor({ node, isPart }: Statement): readonly Rule[] {
  // What stands in the whole is found there.
  if (isPart === true) return rules.filter(({ nodes }) => nodes !== "any" && nodes.some((one) => one in node));
  const [name = ""] = Object.keys(node);
  const known = rulesOf.get(name);
  if (known !== undefined) return known;
  const found = rules.filter(({ nodes }) => nodes === "any" || nodes.some((one) => one === name));
  rulesOf.set(name, found);
  return found;
}

function whyIdle({ rule, reason }: Allowance, isUsed: boolean): string | undefined {
  if (rule === "") return "it names no rule";
  if (!ruleNames.includes(rule)) return `no rule is called ${rule}; docs/migration-rules.md lists them`;
  if (reason === "") return `it gives no reason, so it does not count: -- poststack: allow ${rule} because …`;
  return isUsed ? undefined : `${rule} finds nothing there`;
}

const idleLine = ({ offset, isForFile, rule }: Allowance, why: string, source: Source): Suspicion => ({
  rule: "unused-allow",
  level: metaRules["unused-allow"].level,
  weight: "never",
  place: placeAt(source, offset),
  statement: `-- poststack: allow${isForFile ? "-file" : ""} ${rule}`.trimEnd(),
  what: `this line allows nothing: ${why}`,
  locks: [],
  recipe: [],
});

/** The server that runs it is the judge of that and may be newer, so a plan only warns, as of a size that nobody told. */
function syntaxOf(source: Source, parsed: ParsedSql | undefined): readonly Suspicion[] {
  const misfit = parsed === undefined ? { offset: 0, message: "a quote or comment is not closed" } : parsed.misfit;
  if (misfit === undefined) return [];
  const { offset, message } = misfit;
  return [
    {
      rule: "syntax",
      level: metaRules.syntax.level,
      weight: "size",
      place: placeAt(source, offset),
      statement: firstLine(source.text.slice(offset, offset + 1000)),
      what: `the grammar of Postgres 18 does not accept this file, so no other rule looked at it: ${firstLine(message)}`,
      locks: [],
      recipe: [],
    },
  ];
}
