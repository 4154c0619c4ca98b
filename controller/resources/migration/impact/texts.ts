import type { Hazard } from "../../../core/action.ts";
import type { StatementImpact } from "../../../core/impact.ts";
import type { Session } from "../../../core/ports/postgres.ts";
import type { SqlParser } from "../../../core/ports/sql-parser.ts";
import type { LintFacts } from "../lint/facts.ts";
import { newHistory } from "../lint/history.ts";
import { parsedForRules } from "../lint/files.ts";
import { statementsIn, type Statement } from "../lint/statement.ts";
import type { Source } from "../source.ts";
import { searchPathOf } from "../text.ts";
import { askedBy } from "./asked.ts";
import { noFacts, openCatalog } from "./catalog.ts";
import { follow } from "./follow.ts";
import { hazardsOf, impactOf } from "./impact.ts";
import { readCatalogFacts } from "./live.ts";
import { within } from "./search-path.ts";
import { lintFacts } from "./sizes.ts";

/** A file that is to run. */
export interface Text<Key> {
  readonly key: Key;
  readonly source: Source;
  readonly transactional: boolean;
  readonly statements: readonly Statement[];
}

interface Told {
  readonly statements: readonly StatementImpact[];
  readonly hazards: readonly Hazard[];
}

export async function parsedText<Key>(
  key: Key,
  source: Source,
  transactional: boolean,
  parser: SqlParser,
): Promise<Text<Key>> {
  const found = await parsedForRules(source.text, parser);
  return { key, source, transactional, statements: found === undefined ? [] : statementsIn(found) };
}

/**
 * What each statement of texts that run one after the other does to what is there now, by one question to the server for
 * all of them; and what that says of the tables to who weighs them.
 */
export async function impactsOf<Key>(
  texts: readonly Text<Key>[],
  session: Session,
  signal: AbortSignal,
): Promise<{ readonly told: ReadonlyMap<Key, Told>; readonly tables?: LintFacts }> {
  const pathOf = new Map(texts.map((text) => [text, searchPathOf(text.source.text)]));
  const asking = texts.flatMap((text) => {
    const path = pathOf.get(text);
    return text.statements.map(({ node }) => (path === undefined ? { node } : { node, path }));
  });
  const asked = askedBy(asking);
  const isOfNone = asked.relations.length + asked.domains.length + asked.schemas.length + asked.reaching.length === 0;
  const catalog = openCatalog(isOfNone ? noFacts : await readCatalogFacts(session, asked, signal));
  const history = newHistory();
  const told = new Map<Key, Told>();
  for (const text of texts) {
    const { key, source, transactional, statements } = text;
    const here = within(pathOf.get(text), catalog);
    history.beginFile(pathOf.get(text));
    const impacts = statements.map((statement): StatementImpact => {
      const impact = impactOf(statement, source, here, history);
      history.see(statement);
      follow(statement.node, here);
      return impact;
    });
    history.endFile(true);
    told.set(key, { statements: impacts, hazards: hazardsOf(impacts, transactional) });
  }
  return { told, ...(isOfNone ? {} : { tables: lintFacts(catalog) }) };
}
