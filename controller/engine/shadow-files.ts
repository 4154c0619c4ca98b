import type { Files } from "../core/ports/files.ts";
import type { Endpoint } from "../core/ports/postgres.ts";
import type { SqlParser } from "../core/ports/sql-parser.ts";
import { mayReachBeyond } from "../core/shadow/beyond-words.ts";
import { reachOf, withinDatabase } from "../core/shadow/cluster-wide.ts";
import { codeReader } from "../core/shadow/code-reach.ts";

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
 * @param where code: in a DO block, or in a function that is called. Such a statement by itself can be left out of what runs in
 *   a shadow; out of code it cannot be taken
 */
export async function firstBeyond(
  texts: ReadonlyMap<string, string>,
  own: string | undefined,
  where: "anywhere" | "code",
  parser: SqlParser,
): Promise<string | undefined> {
  const reader = codeReader();
  for (const [file, text] of texts) {
    const parsed = reader.isOfInterest(text) ? await parser.parse(text) : undefined;
    if (parsed === undefined) continue;
    const isOfServer = parsed.statements.some((statement) => reachOf(statement, own) === "server");
    if (reader.reachesBeyond(parsed) || (isOfServer && where === "anywhere")) return file;
  }
  return undefined;
}

/** The project's files, with these texts in the place of some. */
export const filesWith = (files: Files, texts: ReadonlyMap<string, string>): Files => ({
  ...files,
  read: (path, options) => texts.get(path) ?? files.read(path, options),
});
