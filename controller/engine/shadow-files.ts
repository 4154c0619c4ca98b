import type { Files } from "../core/ports/files.ts";
import type { Endpoint } from "../core/ports/postgres.ts";
import type { SqlParser } from "../core/ports/sql-parser.ts";
import { mayReachBeyond } from "../core/shadow/beyond-words.ts";
import { reachOf, withinDatabase } from "../core/shadow/cluster-wide.ts";
import { codeReader, type CodeReader } from "../core/shadow/code-reach.ts";

/** SQL by its file, as it runs in a shadow of the endpoint's database. */
export async function textsInShadow(
  texts: ReadonlyMap<string, string>,
  { database }: Endpoint,
  shadow: Endpoint,
  parser: SqlParser,
): Promise<ReadonlyMap<string, string>> {
  const changed = new Map<string, string>();
  for (const [file, text] of texts) {
    const parsed = mayReachBeyond(text) ? await parser.parse(text) : undefined;
    changed.set(file, parsed === undefined ? text : withinDatabase(text, parsed, database, shadow.database));
  }
  return changed;
}

/**
 * The first file that speaks of roles, of another database or of the whole server.
 *
 * @param texts in the order in which they run
 * @param own the database that is replaced where a statement names it; undefined: they run as they are
 * @param live what is there already, and may be called or fired
 * @param where code: in a DO block, or in a function that is called. Such a statement by itself can be left out of what runs in
 *   a shadow; out of code it cannot be taken. anywhere: by itself as well, or in a function that becomes a trigger's
 */
export async function firstBeyond(
  texts: ReadonlyMap<string, string>,
  own: string | undefined,
  where: "anywhere" | "code",
  parser: SqlParser,
  live: readonly LiveFunction[] = [],
): Promise<string | undefined> {
  const reader = codeReader();
  const far = await farFunctions(live, reader, parser);
  const trigger = far.find(({ isFired }) => isFired);
  if (trigger !== undefined && texts.size > 0) return `${trigger.identity}, which a trigger calls,`;
  for (const [file, text] of texts) {
    const parsed = reader.isOfInterest(text) ? await parser.parse(text) : undefined;
    if (parsed === undefined) continue;
    const isOfServer = parsed.statements.some((statement) => reachOf(statement, own) === "server");
    if (reader.reachesBeyond(parsed)) return file;
    if (where === "anywhere" && (isOfServer || reader.makesTrigger(parsed))) return file;
  }
  return undefined;
}

/** A function that is in the database already. */
export interface LiveFunction {
  readonly identity: string;
  /** CREATE FUNCTION, whole. */
  readonly definition: string;
  /** A trigger of the database's runs it, without its being named. */
  readonly isFired: boolean;
}

/** Those that speak of more than their database. A function may call one that comes behind it: until no more are found. */
async function farFunctions(
  live: readonly LiveFunction[],
  reader: CodeReader,
  parser: SqlParser,
): Promise<readonly LiveFunction[]> {
  const isFar = ({ identity }: LiveFunction): boolean => reader.isFar(nameIn(identity));
  let near: readonly LiveFunction[] = live;
  for (;;) {
    for (const { definition } of near) {
      const parsed = reader.isOfInterest(definition) ? await parser.parse(definition) : undefined;
      if (parsed !== undefined) reader.reachesBeyond(parsed);
    }
    const left = near.filter((one) => !isFar(one));
    if (left.length === near.length) return live.filter(isFar);
    near = left;
  }
}

/** `function public."Make role"(text)` → `make role` */
const nameIn = (identity: string): string =>
  (/(?:"((?:[^"]|"")*)"|([^."\s(]+))\(/.exec(identity) ?? []).slice(1).join("").replaceAll('""', '"').toLowerCase();

/** The project's files, with these texts in the place of some. */
export const filesWith = (files: Files, texts: ReadonlyMap<string, string>): Files => ({
  ...files,
  read: (path, options) => texts.get(path) ?? files.read(path, options),
});
