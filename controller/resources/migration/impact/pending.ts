import type { StatementImpact } from "../../../core/impact.ts";
import type { ResourceId } from "../../../core/id.ts";
import type { Files } from "../../../core/ports/files.ts";
import type { Session } from "../../../core/ports/postgres.ts";
import type { SqlParser } from "../../../core/ports/sql-parser.ts";
import { newHistory } from "../lint/history.ts";
import { parsedForRules } from "../lint/pending.ts";
import { statementsIn, type Statement } from "../lint/statement.ts";
import type { NamedMigration, ObservedMigrations, PendingFacts } from "../model.ts";
import { readForward, type Source } from "../source.ts";
import { headersOf } from "../text.ts";
import { askedBy } from "./asked.ts";
import { noFacts, openCatalog, type Catalog } from "./catalog.ts";
import { follow } from "./follow.ts";
import { hazardsOf, impactOf } from "./impact.ts";
import { readCatalogFacts } from "./live.ts";
import { lintFacts } from "./sizes.ts";

interface Chained {
  readonly migration: NamedMigration;
  readonly source: Source;
  readonly transactional: boolean;
  readonly statements: readonly Statement[];
}

/**
 * Adds what each statement of files that are to run one after the other does to what is there now, by one question to the
 * server for all of them; and what that says of the tables to who weighs them.
 *
 * @param parser hands out again what it has parsed for others
 */
export async function withImpact(
  pending: ObservedMigrations["pending"],
  files: readonly NamedMigration[],
  ports: { readonly files: Files; readonly parser: SqlParser },
  session: Session,
  signal: AbortSignal,
): Promise<Pick<ObservedMigrations, "pending" | "tables">> {
  const chain = await parsedChain(pending, files, ports);
  const asked = askedBy(chain.flatMap(({ statements }) => statements.map(({ node }) => node)));
  const isOfNone = asked.relations.length + asked.domains.length + asked.schemas.length === 0;
  if (isOfNone) return { pending: withStatements(pending, chain) };
  const catalog = openCatalog(await readCatalogFacts(session, asked, signal));
  return { pending: withStatements(pending, chain, catalog), tables: lintFacts(catalog) };
}

/** @param catalog undefined: they name nothing that could be there */
function withStatements(
  pending: ObservedMigrations["pending"],
  chain: readonly Chained[],
  catalog: Catalog = openCatalog(noFacts),
): ObservedMigrations["pending"] {
  const history = newHistory();
  const found = new Map<ResourceId, PendingFacts>(pending);
  for (const { migration, source, transactional, statements } of chain) {
    const impacts = statements.map((statement): StatementImpact => {
      const impact = impactOf(statement, source, catalog, history);
      history.see(statement);
      follow(statement.node, catalog);
      return impact;
    });
    history.endFile(true);
    const facts = pending.get(migration.id);
    if (facts === undefined) continue;
    const hazards = [...facts.hazards, ...hazardsOf(impacts, transactional)];
    found.set(migration.id, { ...facts, hazards, statements: impacts });
  }
  return found;
}

/** The last chain that was parsed: every pass of a run would find the same in it. */
let last: { readonly key: string; readonly chain: readonly Chained[] } | undefined;

/** UTF-16 code units of a chain that is worth keeping: its trees take a hundred times as much. */
const longestKept = 256 * 1024;

/** Those that cannot run have an error already. */
async function parsedChain(
  pending: ObservedMigrations["pending"],
  files: readonly NamedMigration[],
  ports: Parameters<typeof parsed>[1],
): Promise<readonly Chained[]> {
  const runnable = files.filter(({ id }) => pending.get(id)?.checksum !== undefined);
  const key = runnable.map(({ id }) => `${id} ${pending.get(id)?.checksum ?? ""}`).join("\n");
  if (last?.key === key) return last.chain;
  const chain = await Promise.all(runnable.map((file) => parsed(file, ports)));
  const length = chain.reduce((total, { source }) => total + source.text.length, 0);
  last = length > longestKept ? undefined : { key, chain };
  return chain;
}

async function parsed(
  migration: NamedMigration,
  { files, parser }: { readonly files: Files; readonly parser: SqlParser },
): Promise<Chained> {
  const source = readForward(migration, files);
  const { transactional } = headersOf(Buffer.from(source.text));
  const found = await parsedForRules(source.text, parser);
  return { migration, source, transactional, statements: found === undefined ? [] : statementsIn(found) };
}
