import type { Files } from "../core/ports/files.ts";
import type { Endpoint } from "../core/ports/postgres.ts";
import type { SqlParser } from "../core/ports/sql-parser.ts";
import { concernsServer, mayReachBeyond, withinDatabase } from "../core/shadow/cluster-wide.ts";
import { statementsIn } from "../resources/migration/lint/statement.ts";

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
 * The first file of which a DO block, or a function that it calls, speaks of roles or of the whole server. Such a statement by
 * itself is left out of what runs in a shadow; out of a block it cannot be taken.
 */
export async function blockAboutServer(
  texts: ReadonlyMap<string, string>,
  parser: SqlParser,
): Promise<string | undefined> {
  for (const [file, text] of texts) {
    const parsed = mayReachBeyond(text) ? await parser.parse(text, { bodies: true }) : undefined;
    const inside = parsed === undefined ? [] : statementsIn(parsed).filter(({ within }) => within !== undefined);
    if (concernsServer(inside)) return file;
  }
  return undefined;
}

/** The project's files, with these texts in the place of some. */
export const filesWith = (files: Files, texts: ReadonlyMap<string, string>): Files => ({
  ...files,
  read: (path, options) => texts.get(path) ?? files.read(path, options),
});
