import type { EnvironmentConfig } from "../../../schema/generated/config.ts";
import { PoststackError } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Files, TextCache } from "../../core/ports/files.ts";
import type { DesiredMigrations, ListedMigrations, MigrationFile } from "../../resources/migration/model.ts";
import { importId } from "../../resources/migration/import/diff.ts";
import { migrationsOf } from "../migration-folder.ts";
import { listForeign } from "../migration-formats/formats.ts";
import type { Listing } from "../migration-formats/layout.ts";
import { listMigrations, readTexts } from "../migrations.ts";
import { atPlace, type Problems } from "../problems.ts";
import type { EnvironmentSource, MigrationFormat, ProjectSource } from "../source.ts";
import { tidyPath } from "./folders.ts";
import type { DesiredOptions, MigrationOptions } from "./options.ts";
import { namesOfRepeatables, readRepeatables } from "./repeatable.ts";

const defaultFolder = "migrations";

/**
 * Everything but the texts of the files. Wrong names are added to the problems.
 *
 * @throws PoststackError `FILE_MISSING`, `FILE_UNREADABLE`, `PATH_OUTSIDE`, of the folder
 */
export function listedMigrations(
  project: ProjectSource,
  environment: EnvironmentSource,
  files: Files,
  { migration = {} }: DesiredOptions,
  after: readonly ResourceId[],
  problems: Problems,
): ListedMigrations {
  const own = migrationsOf(project, environment);
  const folder = tidyPath(own.migrations);
  const { place } = own;
  // Nobody asked for the default one, so it may be missing.
  if (folder !== defaultFolder && !atPlace(place, () => files.isFolder(folder))) {
    throw new PoststackError("FILE_MISSING", {
      what: `the migrations folder ${folder} does not exist`,
      where: place,
      next: "make it, or remove `migrations` from the file",
    });
  }
  const {
    target,
    rollback = false,
    replay = false,
    baseline,
    repair = false,
    resolve,
    rehearse,
    rehearsalRows,
  } = migration;
  const mayReplay = environment.config.watch?.replay_migrations === true && environment.config.protected !== true;
  const { readAs } = migration;
  const { table } = own.migrationFormat;
  const { format, ledger } = readAs === undefined ? own.migrationFormat : { format: readAs, ledger: readAs };
  const listed = atPlace(place, () => listFolder(files, folder, format));
  const { migrations, project: owner } = listed;
  problems.add(listed.errors);
  const repeatable = readRepeatables(files, folder, listed.repeatable, problems);
  return {
    folder,
    files: migrations,
    ...(target === undefined ? {} : { target }),
    rollback,
    replay: replay && mayReplay,
    ...(baseline === undefined ? {} : { baseline }),
    repair,
    ...(resolve === undefined ? {} : { resolve }),
    rehearse: rehearse ?? environment.config.policy?.rehearse ?? false,
    ...(rehearsalRows === undefined ? {} : { rehearsalRows }),
    ...driftOf(environment.config, migration),
    outOfOrder: environment.config.policy?.out_of_order === "allow",
    roles: rolesOf(environment.config),
    ...lintOf(environment.config),
    ...(repeatable.length === 0 ? {} : { repeatable }),
    ...(ledger === "poststack"
      ? {}
      : {
          takesOver: {
            format: ledger,
            ...(table === undefined ? {} : { table }),
            ...(owner === undefined ? {} : { project: owner }),
          },
        }),
    dependsOn: after,
    place,
  };
}

function driftOf(
  { policy: { drift } = {} }: EnvironmentConfig,
  { drift: asked }: MigrationOptions,
): Pick<ListedMigrations, "drift"> {
  if (drift === undefined && asked !== "always") return {};
  const { level = "ignore", ignore = [] } = typeof drift === "object" ? drift : { level: drift };
  const isTold = asked === "always" || (asked === "policy" && level !== "ignore");
  const refuses = level === "refuse";
  const compare = isTold ? "always" : refuses ? "before-migrations" : "never";
  return { drift: { compare, refuses, ignored: ignore } };
}

/** The files' own: what they have not made they do not rely on. */
const rolesOf = ({ postgres: { roles = {} } = {} }: EnvironmentConfig): readonly string[] =>
  Object.entries(roles)
    .flatMap(([name, { ensure }]) => (ensure === "absent" ? [] : [name]))
    .sort();

function lintOf({ policy: { lint } = {} }: EnvironmentConfig): Pick<ListedMigrations, "lint"> {
  if (lint === undefined) return {};
  const { default: level, rules = {} } = lint;
  return { lint: { ...(level === undefined ? {} : { default: level }), rules: new Map(Object.entries(rules)) } };
}

/** What has to be over before anything else is done in the database: each migration, and taking over what was done before. */
export const idsOfMigrations = ({ files, repeatable = [], takesOver }: ListedMigrations): readonly ResourceId[] => [
  ...files.map(({ id }) => id),
  ...repeatable.map(({ id }) => id),
  ...(takesOver === undefined ? [] : [importId]),
];

/**
 * The migrations of a folder by their names. In whose manner it is kept decides which names are some.
 *
 * @throws PoststackError `PATH_OUTSIDE`, `FILE_*`, of the folder
 */
export const listFolder = (files: Files, folder: string, format: MigrationFormat["format"]): Listing =>
  format === "poststack"
    ? { repeatable: namesOfRepeatables(files, folder), ...listMigrations(files, folder) }
    : listForeign(files, folder, format);

/**
 * Files between two turns, of which 64 take half a millisecond, and half of that where they need not be read. Each of a
 * login's dozen steps waits for one, and with it all that is asked later; a turn costs a look at the folder.
 */
const batchFrom = (index: number, isRecalled: boolean): number => (index < 1_000 ? 16 : 64) * (isRecalled ? 2 : 1);

/**
 * Reads the texts, a few at a time, so that a login and a server's answers go on between them. Unreadable files and wrong
 * headers are added to the problems.
 */
export async function readListed(
  listed: ListedMigrations,
  files: Files,
  problems: Problems,
  texts: TextCache | undefined,
): Promise<DesiredMigrations> {
  const read: MigrationFile[] = [];
  let end = 0;
  while (end < listed.files.length) {
    const from = end;
    end += batchFrom(from, texts?.wasOfUse() === true);
    await turn();
    const { migrations, errors } = readTexts(files, listed.files.slice(from, end), listed.place, texts);
    read.push(...migrations);
    problems.add(errors);
  }
  return { ...listed, files: read, ...(texts?.wasOfUse() === true ? { isRecalled: true } : {}) };
}

/** Lets what has arrived be worked on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
