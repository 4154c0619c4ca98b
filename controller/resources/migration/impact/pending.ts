import type { ResourceId } from "../../../core/id.ts";
import type { Files } from "../../../core/ports/files.ts";
import type { Session } from "../../../core/ports/postgres.ts";
import type { SqlParser } from "../../../core/ports/sql-parser.ts";
import type { NamedMigration, ObservedMigrations, RepeatableFile } from "../model.ts";
import type { RepeatFacts } from "../repeatable/model.ts";
import { readForward, readSource } from "../source.ts";
import { headersOf } from "../text.ts";
import { impactsOf, parsedText, type Text } from "./texts.ts";

/** The parser hands out again what it has parsed for others. */
interface Reading {
  readonly files: Files;
  readonly parser: SqlParser;
}

/** Adds to versions that are to run what their statements do to what is there now, and says how large that is. */
export async function withImpact(
  pending: ObservedMigrations["pending"],
  files: readonly NamedMigration[],
  reading: Reading,
  session: Session,
  signal: AbortSignal,
): Promise<Pick<ObservedMigrations, "pending" | "tables">> {
  const { told, ...tables } = await impactsOf(await parsedChain(pending, files, reading), session, signal);
  return { pending: withTold(pending, told), ...tables };
}

/** The same of repeatable files: they run after the versions, one as well as the other first. */
export async function withImpactOfRepeatables(
  repeating: ReadonlyMap<string, RepeatFacts>,
  files: readonly RepeatableFile[],
  { files: from, parser }: Reading,
  session: Session,
  signal: AbortSignal,
): Promise<Pick<ObservedMigrations, "repeating" | "tables">> {
  const due = files.filter(({ name }) => repeating.has(name) && repeating.get(name)?.error === undefined);
  if (due.length === 0) return { repeating };
  const texts = due.map(({ name, file }) => parsedText(name, readSource(file, from), true, parser));
  const { told, ...tables } = await impactsOf(await Promise.all(texts), session, signal);
  return { repeating: withTold(repeating, told), ...tables };
}

type Told<Key> = Awaited<ReturnType<typeof impactsOf<Key>>>["told"];

const withTold = <Key, Facts extends Pick<RepeatFacts, "hazards">>(
  all: ReadonlyMap<Key, Facts>,
  told: Told<Key>,
): ReadonlyMap<Key, Facts> =>
  new Map(
    [...all].map(([key, facts]) => {
      const { statements, hazards = [] } = told.get(key) ?? {};
      return [
        key,
        statements === undefined ? facts : { ...facts, hazards: [...facts.hazards, ...hazards], statements },
      ];
    }),
  );

/** The last chain that was parsed: every pass of a run would find the same in it. */
let last: { readonly key: string; readonly chain: readonly Text<ResourceId>[] } | undefined;

/** UTF-16 code units of a chain that is worth keeping: its trees take a hundred times as much. */
const longestKept = 256 * 1024;

/** Those that cannot run have an error already. */
async function parsedChain(
  pending: ObservedMigrations["pending"],
  files: readonly NamedMigration[],
  { files: from, parser }: Reading,
): Promise<readonly Text<ResourceId>[]> {
  const runnable = files.filter(({ id }) => pending.get(id)?.checksum !== undefined);
  const key = runnable.map(({ id }) => `${id} ${pending.get(id)?.checksum ?? ""}`).join("\n");
  if (last?.key === key) return last.chain;
  const chain = await Promise.all(
    runnable.map((file) => {
      const source = readForward(file, from);
      return parsedText(file.id, source, headersOf(Buffer.from(source.text)).transactional, parser);
    }),
  );
  const length = chain.reduce((total, { source }) => total + source.text.length, 0);
  last = length > longestKept ? undefined : { key, chain };
  return chain;
}
