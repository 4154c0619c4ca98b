import { PoststackError } from "../../core/errors.ts";
import { resourceId } from "../../core/id.ts";
import { fileStart } from "../../core/place.ts";
import type { Reading } from "../../resources/migration/import/reading.ts";
import type { NamedMigration } from "../../resources/migration/model.ts";
import { compareOrders, orderOf } from "../../resources/migration/version.ts";

/** A folder of migrations as it is on disk. */
export interface Tree {
  /** Relative to the project. */
  readonly folder: string;
  /** Of every file below the folder, relative to it, sorted. */
  readonly paths: readonly string[];
  /** @throws PoststackError `FILE_*` */
  readonly text: (path: string) => string;
}

/** What a tool takes for migrations, and all that is wrong. */
export interface Listing {
  readonly migrations: readonly NamedMigration[];
  /** Files that run whenever their text changes, by name. */
  readonly repeatable: readonly { readonly name: string; readonly path: string }[];
  /** Of a ledger that several projects share. */
  readonly project?: string;
  readonly errors: readonly PoststackError[];
}

/** Pure: names and texts → migrations. */
export type Layout = (tree: Tree) => Listing;

/** One file, or one of its two halves. */
export interface Part {
  readonly path: string;
  /** As Poststack writes it: digits, with `-` or `.` between. */
  readonly version: string;
  /** What the tool knows the migration by: file name without ending, or name of the folder. */
  readonly name: string;
  readonly way: "up" | "down";
  /** The place in the order, where that is not the version's. */
  readonly order?: string;
  readonly reading: Reading;
}

/** Pairs of ways forward and back. A version twice and a way back alone are errors. */
export function paired(
  { folder }: Tree,
  parts: readonly Part[],
  errors: readonly PoststackError[] = [],
  rest: Partial<Pick<Listing, "repeatable" | "project">> = {},
): Listing {
  const found = [...errors];
  const forward = new Map<string, Part>();
  const back = new Map<string, Part>();
  for (const part of parts) {
    const taken = part.way === "up" ? forward : back;
    const order = placeOf(part);
    const other = taken.get(order);
    if (other === undefined) taken.set(order, part);
    else found.push(twice(`${folder}/${other.path}`, `${folder}/${part.path}`, part));
  }
  for (const [order, part] of back) {
    if (!forward.has(order)) found.push(alone(`${folder}/${part.path}`));
  }
  const migrations = [...forward]
    .sort(([a], [b]) => compareOrders(a, b))
    .map(([order, { path, version, name, reading }]): NamedMigration => {
      const rollback = back.get(order);
      return {
        id: resourceId("migration", name),
        version,
        order,
        name,
        file: `${folder}/${path}`,
        ...(rollback === undefined ? {} : { rollbackFile: `${folder}/${rollback.path}` }),
        reading,
      };
    });
  return { migrations, repeatable: [], errors: found, ...rest };
}

/**
 * For tools that go by the whole name. What does not come after its predecessor by its number is a part of that one: the
 * second becomes `20240528214728.2`. langfuse has twenty of one number, and a date without a time among the others.
 *
 * @param compare two parts as the tool sorts them
 */
export function byName(parts: readonly Part[], compare: (a: Part, b: Part) => number): readonly Part[] {
  const versions = new Map<string, string>();
  let last = { version: "", order: "", count: 1 };
  for (const { name, version } of [...parts].sort(compare)) {
    if (versions.has(name)) continue;
    const order = orderOf(version);
    const isNext = last.order === "" || compareOrders(order, last.order) > 0;
    last = isNext ? { version, order, count: 1 } : { ...last, count: last.count + 1 };
    versions.set(name, isNext ? version : `${last.version}.${last.count}`);
  }
  return parts.map((part) => ({ ...part, version: versions.get(part.name) ?? part.version }));
}

/** By the characters of the name, whatever is a digit among them. */
export const compareNames = (a: Part, b: Part): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** By the number, and where that is the same by the name. */
export const compareNumbers = (a: Part, b: Part): number =>
  compareOrders(orderOf(a.version), orderOf(b.version)) || compareNames(a, b);

const placeOf = ({ order, version }: Part): string => order ?? orderOf(version);

export const wrongName = (file: string, tool: string, form: string): PoststackError =>
  new PoststackError("MIGRATION_NAME", {
    what: `${file} is not named like a migration of ${tool}`,
    where: fileStart(file),
    next: `name it like ${form}, or move it out of the folder`,
  });

/** A migration that is a program in another language. */
export const noSql = (file: string, tool: string): PoststackError =>
  new PoststackError("MIGRATION_NAME", {
    what: `${file} is a program, which only ${tool} can run`,
    where: fileStart(file),
    next: "write what it does as SQL under the same name, or run it in an init job",
  });

const twice = (first: string, second: string, { way, version }: Part): PoststackError =>
  new PoststackError("MIGRATION_NAME", {
    what: `${first} and ${second} both ${way === "up" ? "are" : "roll back"} version ${version}`,
    where: fileStart(second),
    next: way === "up" ? "give one of them another version" : "remove one of them",
  });

const alone = (file: string): PoststackError =>
  new PoststackError("MIGRATION_NAME", {
    what: `${file} rolls back a migration that does not exist`,
    where: fileStart(file),
    next: "add the way forward, or remove it",
  });

/** Of files in the folder itself, not below it, and not hidden. */
export const flat = ({ paths }: Tree): readonly string[] =>
  paths.filter((path) => !path.includes("/") && !path.startsWith("."));
