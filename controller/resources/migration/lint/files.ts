import type { Files } from "../../../core/ports/files.ts";
import type { ParsedSql, SqlParser } from "../../../core/ports/sql-parser.ts";
import type { NamedMigration, RepeatableFile } from "../model.ts";
import { waysOf } from "../phases/names.ts";
import { readForward, readSource } from "../source.ts";
import { headersIn } from "../text.ts";
import { examiner, type ExaminedFile, type Suspicion } from "./examine.ts";
import { callers } from "./statement.ts";

/** What the rules look at, before it is parsed. */
export type LintText = Omit<ExaminedFile, "parsed">;

/** The text of a version as it runs, with what its name and its header say of how. @throws what `readForward` throws */
export function versionText(migration: Pick<NamedMigration, "name" | "file" | "reading">, files: Files): LintText {
  const source = readForward(migration, files);
  return { source, transactional: waysOf(migration.name, headersIn(source.text)).transactional };
}

/** @throws what `readSource` throws */
export const repeatableText = ({ file }: Pick<RepeatableFile, "file">, files: Files): LintText => ({
  source: readSource(file, files),
  transactional: true,
});

/** Files that are read in one go, which costs less than one by one, and of thousands not all are held. */
const readTogether = 32;

/** What the rules find in each of the texts, which run one after the other. */
export async function examined(
  texts: readonly (() => LintText)[],
  parser: SqlParser,
  isChain: boolean,
): Promise<readonly (readonly Suspicion[])[]> {
  const examine = examiner({ isChain });
  const found: (readonly Suspicion[])[] = [];
  for (let at = 0; at < texts.length; at += readTogether) {
    for (const text of texts.slice(at, at + readTogether).map((read) => read())) {
      found.push(examine({ ...text, parsed: await parsedForRules(text.source.text, parser) }));
    }
  }
  return found;
}

/**
 * With what stands in DO blocks, and in functions that the file may call: few files have some, and the others have been
 * parsed by who runs them.
 */
export async function parsedForRules(text: string, parser: SqlParser): Promise<ParsedSql | undefined> {
  const parsed = await parser.parse(text);
  const sorts = new Set(parsed?.statements.flatMap(({ tree = {} }) => Object.keys(tree)));
  const mayRun = sorts.has("DoStmt") || (sorts.has("CreateFunctionStmt") && callers.some((name) => sorts.has(name)));
  return mayRun ? parser.parse(text, { bodies: true }) : parsed;
}
