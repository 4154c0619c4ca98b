import type { Files } from "../../core/ports/files.ts";
import type { SqlParser } from "../../core/ports/sql-parser.ts";
import type { MigrationFile } from "../../resources/migration/model.ts";
import { readRollback } from "../../resources/migration/source.ts";
import { headersOf } from "../../resources/migration/text.ts";
import type { Part } from "./there-and-back.ts";

/** Bytes of a migration's text, as for running it. */
const limitBytes = 16 * 1024 * 1024;

export interface Parts {
  readonly parts: readonly Part[];
  /** By file, as they are written. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Reads what is to be rehearsed.
 *
 * @param begun versions whose file an earlier try has begun, as `MigrationFile.order`
 * @throws PoststackError `FILE_*`
 */
export async function readParts(
  migrations: readonly MigrationFile[],
  begun: ReadonlySet<string>,
  files: Files,
  parser: SqlParser,
): Promise<Parts> {
  const texts = new Map<string, string>();
  const parts: Part[] = [];
  for (const migration of migrations) {
    const { file, rollbackFile, order } = migration;
    for (const path of rollbackFile === undefined ? [file] : [file, rollbackFile]) {
      texts.set(path, files.read(path, { limitBytes }));
    }
    const back = readRollback(migration, files)?.text;
    const isUndone = back === undefined || headersOf(Buffer.from(back)).transactional;
    const rollback = begun.has(order) ? "resumed" : await kindOf(back, parser);
    parts.push({ migration, rollback, isUndone });
  }
  return { parts, texts };
}

async function kindOf(text: string | undefined, parser: SqlParser): Promise<Part["rollback"]> {
  if (text === undefined) return "missing";
  return (await parser.parse(text))?.statements.length === 0 ? "empty" : "statements";
}
