import { PoststackError, PoststackErrors } from "../core/errors.ts";
import { resourceId } from "../core/id.ts";
import { comparePlaces, fileStart, type Place } from "../core/place.ts";
import type { Files } from "../core/ports/files.ts";
import type { MigrationFile } from "../resources/migration/model.ts";
import { checksumOf, headersOf } from "../resources/migration/text.ts";
import { compareOrders, orderOf } from "../resources/migration/version.ts";
import { knownNames } from "./known-names.ts";

/** One migration's text. Larger ones are data: `COPY` it in a job. */
const limitBytes = 16 * 1024 * 1024;

const form = "004_add_users.sql, with 004_add_users.rollback.sql beside it (or .up.sql and .down.sql)";
/** The version, and the rest: of any characters that can be seen, without a blank at either end. */
const migrationName = /^(\d+(?:-\d+)*)_(?=\S)[^\p{C}]*$/u;
const endings = [
  { ending: ".rollback.sql", isRollback: true },
  { ending: ".down.sql", isRollback: true },
  { ending: ".up.sql", isRollback: false },
  { ending: ".sql", isRollback: false },
] as const;

interface Named {
  readonly version: string;
  readonly order: string;
  readonly name: string;
  readonly file: string;
  readonly isRollback: boolean;
}

/**
 * The migrations of a folder, by the digits of their version as a number. Each forward file is read once, for its checksum
 * and its headers; rollback files are not read. What does not end in `.sql` or begins with a dot is no migration.
 *
 * @param where who names the folder, for errors
 * @throws PoststackErrors `MIGRATION_NAME`, `MIGRATION_HEADER`, `FILE_UNREADABLE`, `PATH_OUTSIDE`: all of them at once
 */
export function readMigrations(files: Files, folder: string, where: Place): readonly MigrationFile[] {
  const errors: PoststackError[] = [];
  const forward = new Map<string, Named>();
  const rollback = new Map<string, Named>();

  for (const entry of files.list(folder)) {
    if (entry.startsWith(".") || !isSql(entry)) continue;
    const named = parseName(entry, folder);
    if (named === undefined) {
      errors.push(badName(`${folder}/${entry}`));
      continue;
    }
    const taken = named.isRollback ? rollback : forward;
    const other = taken.get(named.order);
    if (other === undefined) taken.set(named.order, named);
    else errors.push(duplicate(other, named));
  }
  for (const one of rollback.values()) {
    const its = forward.get(one.order);
    if (its?.name !== one.name) errors.push(orphan(one, its));
  }

  const found: MigrationFile[] = [];
  for (const named of [...forward.values()].sort((a, b) => compareOrders(a.order, b.order))) {
    try {
      found.push(readMigration(files, named, rollback.get(named.order)?.file, where));
    } catch (error) {
      if (!(error instanceof PoststackError)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new PoststackErrors(errors.sort(byPlace));
  return found;
}

/** Also `.SQL`, which is refused: it is surely meant. */
const isSql = (entry: string): boolean => entry.endsWith(".sql") || entry.toLowerCase().endsWith(".sql");

function parseName(entry: string, folder: string): Named | undefined {
  const known = endings.find(({ ending }) => entry.endsWith(ending));
  if (known === undefined) return undefined;
  const name = entry.slice(0, -known.ending.length);
  const version = name.endsWith(" ") ? undefined : migrationName.exec(name)?.[1];
  if (version === undefined) return undefined;
  return { version, order: orderOf(version), name, file: `${folder}/${entry}`, isRollback: known.isRollback };
}

function readMigration(files: Files, named: Named, rollbackFile: string | undefined, from: Place): MigrationFile {
  const { version, order, name, file } = named;
  const bytes = files.readBytes(file, { limitBytes, from });
  const { transactional, unknown } = headersOf(bytes);
  if (unknown !== undefined) throw badHeader({ file, line: unknown.line, column: unknown.column }, unknown.text);
  const id = resourceId("migration", name);
  const rollback = rollbackFile === undefined ? {} : { rollbackFile };
  return { id, version, order, name, file, ...rollback, checksum: checksumOf(bytes), transactional };
}

const byPlace = (a: PoststackError, b: PoststackError): number =>
  comparePlaces(a.facts.where ?? fileStart(""), b.facts.where ?? fileStart(""));

const badName = (file: string): PoststackError =>
  new PoststackError("MIGRATION_NAME", {
    what: `${file} is not named like a migration`,
    where: fileStart(file),
    next: `name it like ${form}, or move it out of the folder`,
  });

const duplicate = (first: Named, second: Named): PoststackError =>
  new PoststackError("MIGRATION_NAME", {
    what: `${first.file} and ${second.file} both ${first.isRollback ? "roll back" : "are"} version ${first.order}`,
    where: fileStart(second.file),
    next: first.isRollback ? "remove one of them" : "give one of them another version",
  });

const orphan = (rollback: Named, forward: Named | undefined): PoststackError =>
  new PoststackError("MIGRATION_NAME", {
    what:
      forward === undefined
        ? `${rollback.file} rolls back a migration that does not exist`
        : `${rollback.file} is not named after the migration of its version, ${forward.file}`,
    where: fileStart(rollback.file),
    next: forward === undefined ? `add ${rollback.name}.sql` : `name it ${forward.name}.rollback.sql`,
  });

const badHeader = (where: Place, text: string): PoststackError =>
  new PoststackError("MIGRATION_HEADER", {
    what: `\`-- poststack: ${text}\` means nothing`,
    where,
    next: knownNames(text, ["no-transaction"]),
  });
