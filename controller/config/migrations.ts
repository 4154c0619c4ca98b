import { PoststackError, PoststackErrors } from "../core/errors.ts";
import { resourceId } from "../core/id.ts";
import { comparePlaces, fileStart, type Place } from "../core/place.ts";
import type { Files, TextCache } from "../core/ports/files.ts";
import type { MigrationFile, NamedMigration } from "../resources/migration/model.ts";
import { readForward, readRollback } from "../resources/migration/source.ts";
import { settingTakes, settingWords } from "../resources/migration/file-settings.ts";
import { phaseWords, type Phase } from "../resources/migration/phases/header.ts";
import { orderInVersion, phaseInName, wholeOrder, withoutPhase } from "../resources/migration/phases/names.ts";
import { checksumOf, headersOf } from "../resources/migration/text.ts";
import { compareOrders, orderOf } from "../resources/migration/version.ts";
import { knownNames } from "./known-names.ts";

/** One migration's text. Larger ones are data: `COPY` it in a job. */
const limitBytes = 16 * 1024 * 1024;

const form = "004_add_users.sql, with 004_add_users.rollback.sql beside it (or .up.sql and .down.sql)";
/** The version, and the rest: of any characters that can be seen, without a blank at either end. */
const migrationName = /^(\d+(?:[-.]\d+)*)_(?=\S)[^\p{C}]*$/u;
const endings = [
  { ending: ".rollback.sql", isRollback: true },
  { ending: ".down.sql", isRollback: true },
  { ending: ".up.sql", isRollback: false },
  { ending: ".sql", isRollback: false },
] as const;

/** The parts of a file's name. */
interface Parts {
  readonly version: string;
  readonly name: string;
  readonly isRollback: boolean;
}

/** A forward file, or a rollback by itself. */
type Named = Omit<NamedMigration, "rollbackFile">;

/** What is right, and all that is wrong. */
export interface Found<Migration> {
  readonly migrations: readonly Migration[];
  readonly errors: readonly PoststackError[];
}

/**
 * The migrations of a folder, by the digits of their version as a number. Each forward file is read once, for its checksum
 * and its headers; rollback files are not read. What does not end in `.sql` or begins with a dot is no migration.
 *
 * @param where who names the folder, for errors
 * @throws PoststackErrors `MIGRATION_NAME`, `MIGRATION_HEADER`, `FILE_UNREADABLE`, `PATH_OUTSIDE`: all of them at once
 */
export function readMigrations(files: Files, folder: string, where: Place): readonly MigrationFile[] {
  const listed = listMigrations(files, folder);
  const read = readTexts(files, listed.migrations, where);
  const errors = [...listed.errors, ...read.errors];
  if (errors.length > 0) throw new PoststackErrors(errors.sort(byPlace));
  return read.migrations;
}

/**
 * The same by their names, without a look into the files. The errors are `MIGRATION_NAME`.
 *
 * @throws PoststackError `PATH_OUTSIDE`, `FILE_UNREADABLE`, of the folder
 */
export function listMigrations(files: Files, folder: string): Found<NamedMigration> {
  const errors: PoststackError[] = [];
  const forward = new Map<string, Named>();
  const rollback = new Map<string, Named>();

  for (const entry of files.list(folder)) {
    if (entry.startsWith(".") || !isSql(entry)) continue;
    const parts = parseName(entry);
    const file = `${folder}/${entry}`;
    if (parts === undefined) {
      errors.push(badName(file));
      continue;
    }
    const { version, name, isRollback } = parts;
    const phase = phaseInName(name);
    const order = orderInVersion(orderOf(version), phase);
    const plain = { id: resourceId("migration", name), version, order, name, file };
    // There may be ten thousand, and copies of objects count.
    const named: Named = phase === undefined ? plain : { ...plain, phase };
    const taken = isRollback ? rollback : forward;
    const other = taken.get(named.order);
    if (other === undefined) taken.set(named.order, named);
    else errors.push(duplicate(other, named, isRollback));
  }
  for (const one of rollback.values()) {
    const its = forward.get(one.order);
    if (its?.name !== one.name) errors.push(orphan(one, its));
  }

  errors.push(...strangers([...forward.values()]));

  const migrations = [...forward.values()].sort((a, b) => compareOrders(a.order, b.order));
  return { migrations: rollback.size === 0 ? migrations : migrations.map(paired), errors };

  function paired(named: Named): NamedMigration {
    const other = rollback.get(named.order);
    return other === undefined ? named : { ...named, rollbackFile: other.file };
  }
}

/**
 * Reads what was listed. The errors are `MIGRATION_HEADER`, `FILE_UNREADABLE`, `PATH_OUTSIDE`.
 *
 * @param cache spares the files that it knows; without it every file is read
 */
export function readTexts(
  files: Files,
  named: readonly NamedMigration[],
  where: Place,
  cache?: TextCache,
): Found<MigrationFile> {
  const migrations: MigrationFile[] = [];
  const errors: PoststackError[] = [];
  for (const one of named) {
    try {
      migrations.push(one.reading === undefined ? withText(one, textFacts(files, one, where, cache)) : foreign(one));
    } catch (error) {
      if (!(error instanceof PoststackError)) throw error;
      errors.push(error);
    }
  }
  return { migrations, errors };

  /** Texts of another tool are read each time: what was kept of a file does not say in whose way it was read. */
  function foreign(one: NamedMigration): MigrationFile {
    const { text } = readForward(one, files);
    const facts = factsOf(Buffer.from(text), one);
    // Of one file with two parts, only the text tells whether there is a way back.
    const { rollbackFile, ...rest } = one;
    return rollbackFile === undefined || readRollback(one, files) === undefined
      ? { ...rest, ...facts }
      : { ...rest, rollbackFile, ...facts };
  }
}

/** Also `.SQL`, which is refused: it is surely meant. */
const isSql = (entry: string): boolean => entry.endsWith(".sql") || entry.toLowerCase().endsWith(".sql");

function parseName(entry: string): Parts | undefined {
  const known = endings.find(({ ending }) => entry.endsWith(ending));
  if (known === undefined) return undefined;
  const name = entry.slice(0, -known.ending.length);
  const version = name.endsWith(" ") ? undefined : migrationName.exec(name)?.[1];
  if (version === undefined) return undefined;
  return { version, name, isRollback: known.isRollback };
}

/** What planning has to know of a text. */
type TextFacts = Pick<MigrationFile, "checksum" | "transactional" | "phase">;

function textFacts(files: Files, named: NamedMigration, from: Place, cache: TextCache | undefined): TextFacts {
  const { file } = named;
  const options = { limitBytes, from };
  if (cache === undefined) return factsOf(files.readBytes(file, options), named);
  const known = parseFacts(cache.find(file, () => files.stamp(file)));
  if (known !== undefined) return known;
  const { bytes, stamp } = files.readStamped(file, options);
  const facts = factsOf(bytes, named);
  if (stamp !== undefined) cache.keep(file, stamp, renderFacts(facts));
  return facts;
}

/** @throws PoststackError `MIGRATION_HEADER` */
function factsOf(bytes: Buffer, { file, phase: named }: Pick<NamedMigration, "file" | "phase">): TextFacts {
  const { transactional, phase = named, batch, unknown } = headersOf(bytes);
  if (unknown !== undefined) throw badHeader({ file, line: unknown.line, column: unknown.column }, unknown.text);
  if (phase === undefined && batch === undefined) return { checksum: checksumOf(bytes), transactional };
  if (phase === undefined || (named !== undefined && named !== phase)) throw otherPhase(file, named, phase);
  if (batch !== undefined && phase !== "backfill") throw otherPhase(file, phase, "backfill");
  return { checksum: checksumOf(bytes), transactional: transactional && phase !== "backfill", phase };
}

/** A letter for what the header says, then the checksum. What is something else was kept by another version. */
const renderFacts = ({ checksum, transactional, phase }: TextFacts): string =>
  (letters.find((one) => one.transactional === transactional && one.phase === phase)?.letter ?? "") + checksum;

const letters: readonly { readonly letter: string; readonly transactional: boolean; readonly phase?: Phase }[] = [
  { letter: "t", transactional: true },
  { letter: "n", transactional: false },
  { letter: "e", transactional: true, phase: "expand" },
  { letter: "E", transactional: false, phase: "expand" },
  { letter: "b", transactional: false, phase: "backfill" },
  { letter: "c", transactional: true, phase: "contract" },
  { letter: "C", transactional: false, phase: "contract" },
];

const byLetter = new Map(letters.map((one) => [one.letter, one]));

function parseFacts(text: string | undefined): TextFacts | undefined {
  if (text?.length !== 65) return undefined;
  const known = byLetter.get(text[0] ?? "");
  if (known === undefined) return undefined;
  const { transactional, phase } = known;
  const facts = { checksum: text.slice(1), transactional };
  return phase === undefined ? facts : { ...facts, phase };
}

function withText(named: NamedMigration, { checksum, transactional, phase }: TextFacts): MigrationFile {
  const { id, version, order, name, file, rollbackFile } = named;
  if (phase !== undefined) return { ...named, checksum, transactional, phase };
  // Written out: copying what is in an object costs more than hashing the file.
  return rollbackFile === undefined
    ? { id, version, order, name, file, checksum, transactional }
    : { id, version, order, name, file, rollbackFile, checksum, transactional };
}

const byPlace = (a: PoststackError, b: PoststackError): number =>
  comparePlaces(a.facts.where ?? fileStart(""), b.facts.where ?? fileStart(""));

const badName = (file: string): PoststackError =>
  new PoststackError("MIGRATION_NAME", {
    what: `${file} is not named like a migration`,
    where: fileStart(file),
    next: `name it like ${form}, or move it out of the folder`,
  });

const duplicate = (first: Named, second: Named, isRollback: boolean): PoststackError =>
  new PoststackError("MIGRATION_NAME", {
    what: `${first.file} and ${second.file} both ${isRollback ? "roll back" : "are"} version ${first.order}`,
    where: fileStart(second.file),
    next: isRollback ? "remove one of them" : "give one of them another version",
  });

/** Files of one version that are not phases of one change. */
function strangers(forward: readonly Named[]): readonly PoststackError[] {
  const phased = forward.filter(({ phase }) => phase !== undefined);
  if (phased.length === 0) return [];
  const firsts = new Map(forward.toReversed().map((one) => [wholeOrder(one.order), one]));
  return phased.flatMap((one) => {
    const first = firsts.get(wholeOrder(one.order)) ?? one;
    // Two files of the same phase are two files of one order, which is told already.
    const isTold = first.order === one.order;
    return isTold || withoutPhase(first.name) === withoutPhase(one.name) ? [] : [duplicate(first, one, false)];
  });
}

const otherPhase = (file: string, named: Phase | undefined, phase: Phase = "backfill"): PoststackError =>
  new PoststackError("MIGRATION_HEADER", {
    what:
      named === undefined
        ? `${file} says how a backfill goes, and not that it is one`
        : `${file} is of phase ${named}, and its header is one of phase ${phase}`,
    where: fileStart(file),
    next: named === undefined ? "add `-- poststack: phase backfill`" : "take that line out",
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
    next:
      settingTakes(text) ??
      knownNames(text.split(/\s/, 1)[0] ?? text, ["no-transaction", ...phaseWords, ...Object.keys(settingWords)]),
  });
