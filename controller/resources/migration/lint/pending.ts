import type { ResourceId } from "../../../core/id.ts";
import type { Files } from "../../../core/ports/files.ts";
import type { ParsedSql, SqlParser } from "../../../core/ports/sql-parser.ts";
import type { NamedMigration, PendingFacts } from "../model.ts";
import { readForward } from "../source.ts";
import { headersOf } from "../text.ts";
import { callers } from "./statement.ts";
import { examine, type ExaminedFile, type Suspicion } from "./examine.ts";

/**
 * With what stands in DO blocks, and in functions that the file may call: few files have some, and the others have been
 * parsed by who runs them.
 */
export async function parsedForRules(text: string, parser: SqlParser): Promise<ParsedSql | undefined> {
  const parsed = await parser.parse(text);
  const has = (...names: readonly string[]): boolean =>
    parsed?.statements.some(({ tree = {} }) => names.some((name) => name in tree)) === true;
  const mayRun = has("DoStmt") || (has("CreateFunctionStmt") && has(...callers));
  return mayRun ? parser.parse(text, { bodies: true }) : parsed;
}

type Pending = ReadonlyMap<ResourceId, PendingFacts>;

/** The last chain that was looked at: every pass of a run would find the same in it. */
let last: { readonly key: string; readonly found: ReadonlyMap<ResourceId, readonly Suspicion[]> } | undefined;

/**
 * Adds what the rules find in files that are to run one after the other. Those that cannot run have an error already.
 *
 * @param parser hands out again what it has parsed for others
 */
export async function withSuspicions(
  pending: Pending,
  files: readonly NamedMigration[],
  ports: { readonly files: Files; readonly parser: SqlParser },
): Promise<Pending> {
  const chain = files.filter(({ id }) => pending.get(id)?.checksum !== undefined);
  const key = chain.map(({ id }) => `${id} ${pending.get(id)?.checksum ?? ""}`).join("\n");
  const found = last?.key === key ? last.found : await suspicionsOf(chain, ports);
  last = { key, found };
  return new Map(
    [...pending].map(([id, facts]) => {
      const suspicions = found.get(id) ?? [];
      return [id, suspicions.length === 0 ? facts : { ...facts, suspicions }];
    }),
  );
}

async function suspicionsOf(
  chain: readonly NamedMigration[],
  { files, parser }: { readonly files: Files; readonly parser: SqlParser },
): Promise<ReadonlyMap<ResourceId, readonly Suspicion[]>> {
  const examined: ExaminedFile[] = [];
  for (const migration of chain) {
    const source = readForward(migration, files);
    const { transactional } = headersOf(Buffer.from(source.text));
    examined.push({ source, transactional, parsed: await parsedForRules(source.text, parser) });
  }
  const found = examine(examined, { isChain: true });
  return new Map(chain.map(({ id }, index) => [id, found[index] ?? []]));
}
