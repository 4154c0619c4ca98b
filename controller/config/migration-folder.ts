import type { PoststackConfig } from "../../schema/generated/config.ts";
import type { Place } from "../core/place.ts";
import type { EnvironmentSource, MigrationFolder, ProjectSource } from "./source.ts";

type Written = PoststackConfig["project"]["migrations"];

/** `migrations:` of the project or of an environment: a text is the folder alone. */
export function readMigrationFolder(written: Written): MigrationFolder {
  if (typeof written !== "object") {
    return { migrations: written ?? "./migrations", migrationFormat: { format: "poststack", ledger: "poststack" } };
  }
  const { directory, format = "poststack", ledger = format, table } = written;
  return { migrations: directory, migrationFormat: { format, ledger, ...(table === undefined ? {} : { table }) } };
}

/** The environment's own where it has some, else the project's; and where that is written. */
export function migrationsOf(
  project: ProjectSource,
  environment: Pick<EnvironmentSource, "config" | "placeOf">,
): MigrationFolder & { readonly place: Place } {
  const own = environment.config.migrations;
  if (own !== undefined) return { ...readMigrationFolder(own), place: environment.placeOf(["migrations"]) };
  const { migrations, migrationFormat } = project;
  return { migrations, migrationFormat, place: project.placeOf(["project", "migrations"]) };
}

/** The same as one would write it, with what is meant where nothing is said. */
export function writtenMigrationFolder({ migrations, migrationFormat }: MigrationFolder): NonNullable<Written> {
  const { format, ledger, table } = migrationFormat;
  if (format === "poststack" && ledger === "poststack" && table === undefined) return migrations;
  return {
    directory: migrations,
    format,
    ...(ledger === format ? {} : { ledger }),
    ...(table === undefined ? {} : { table }),
  };
}
