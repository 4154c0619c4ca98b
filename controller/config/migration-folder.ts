import type { PoststackConfig } from "../../schema/generated/config.ts";
import type { ProjectSource } from "./source.ts";

type Written = PoststackConfig["project"]["migrations"];

/** `project.migrations`: a text is the folder alone. */
export function readMigrationFolder(written: Written): Pick<ProjectSource, "migrations" | "migrationFormat"> {
  if (typeof written !== "object") {
    return { migrations: written ?? "./migrations", migrationFormat: { format: "poststack", ledger: "poststack" } };
  }
  const { directory, format = "poststack", ledger = format, table } = written;
  return { migrations: directory, migrationFormat: { format, ledger, ...(table === undefined ? {} : { table }) } };
}

/** The same as one would write it, with what is meant where nothing is said. */
export function writtenMigrationFolder({ migrations, migrationFormat }: ProjectSource): NonNullable<Written> {
  const { format, ledger, table } = migrationFormat;
  if (format === "poststack" && ledger === "poststack" && table === undefined) return migrations;
  return {
    directory: migrations,
    format,
    ...(ledger === format ? {} : { ledger }),
    ...(table === undefined ? {} : { table }),
  };
}
