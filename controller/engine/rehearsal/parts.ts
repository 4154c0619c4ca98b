import type { Files } from "../../core/ports/files.ts";
import type { SqlParser } from "../../core/ports/sql-parser.ts";
import type { MigrationFile } from "../../resources/migration/model.ts";
import { readRollback } from "../../resources/migration/source.ts";
import { headersOf } from "../../resources/migration/text.ts";
import type { Part } from "./there-and-back.ts";
import type { Work } from "./work.ts";

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
  { pending, repeats, held, rollbacks }: Work,
  begun: ReadonlySet<string>,
  files: Files,
  parser: SqlParser,
): Promise<Parts> {
  const texts = new Map<string, string>();
  const parts: Part[] = [];
  const read = (path: string): void => void texts.set(path, files.read(path, { limitBytes }));
  const add = async (migration: MigrationFile): Promise<void> => {
    const { file, rollbackFile, order } = migration;
    for (const path of rollbackFile === undefined ? [file] : [file, rollbackFile]) read(path);
    const back = readRollback(migration, files)?.text;
    const isUndone = back === undefined || headersOf(Buffer.from(back)).transactional;
    const rollback = begun.has(order) ? "resumed" : await kindOf(back, parser);
    parts.push({ migration, rollback, isUndone });
  };
  for (const migration of pending) await add(migration);
  for (const repeatable of repeats) {
    read(repeatable.file);
    parts.push({ migration: repeatable, rollback: "repeated", isUndone: true });
  }
  for (const migration of held) await add(migration);
  for (const { rollbackFile } of rollbacks) if (rollbackFile !== undefined) read(rollbackFile);
  return { parts, texts };
}

async function kindOf(text: string | undefined, parser: SqlParser): Promise<Part["rollback"]> {
  if (text === undefined) return "missing";
  return (await parser.parse(text))?.statements.length === 0 ? "empty" : "statements";
}
