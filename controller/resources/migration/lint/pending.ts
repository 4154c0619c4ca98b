import type { ResourceId } from "../../../core/id.ts";
import type { Files } from "../../../core/ports/files.ts";
import type { SqlParser } from "../../../core/ports/sql-parser.ts";
import type { NamedMigration, PendingFacts, RepeatableFile } from "../model.ts";
import type { RepeatFacts } from "../repeatable/model.ts";
import type { Suspicion } from "./examine.ts";
import { examined, repeatableText, versionText } from "./files.ts";

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

/**
 * The same of repeatable files that are to run: they come after all versions, so what those make is nobody's yet.
 *
 * @param before that are to run, as {@link withSuspicions} gets them
 */
export async function withSuspicionsOfRepeatables(
  repeating: ReadonlyMap<string, RepeatFacts>,
  files: readonly RepeatableFile[],
  before: { readonly pending: Pending; readonly files: readonly NamedMigration[] },
  ports: { readonly files: Files; readonly parser: SqlParser },
): Promise<ReadonlyMap<string, RepeatFacts>> {
  const due = files.filter(({ name }) => repeating.has(name) && repeating.get(name)?.error === undefined);
  if (due.length === 0) return repeating;
  const chain = before.files.filter(({ id }) => before.pending.get(id)?.checksum !== undefined);
  const texts = [
    ...chain.map((migration) => () => versionText(migration, ports.files)),
    ...due.map((file) => () => repeatableText(file, ports.files)),
  ];
  const found = (await examined(texts, ports.parser, true)).slice(chain.length);
  const suspicionsOf = new Map(due.map(({ name }, index) => [name, found[index] ?? []]));
  return new Map(
    [...repeating].map(([name, facts]) => {
      const suspicions = suspicionsOf.get(name) ?? [];
      return [name, suspicions.length === 0 ? facts : { ...facts, suspicions }];
    }),
  );
}

async function suspicionsOf(
  chain: readonly NamedMigration[],
  { files, parser }: { readonly files: Files; readonly parser: SqlParser },
): Promise<ReadonlyMap<ResourceId, readonly Suspicion[]>> {
  const texts = chain.map((migration) => () => versionText(migration, files));
  const found = await examined(texts, parser, true);
  return new Map(chain.map(({ id }, index) => [id, found[index] ?? []]));
}
