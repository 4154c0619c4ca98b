import { foreignFormats } from "../../../resources/migration/import/formats.ts";
import { changeOptions, environmentArgument } from "../../shared-options.ts";
import type { CommandSpec } from "../../spec.ts";

export const databaseCommands: readonly CommandSpec[] = [
  {
    name: "db migrate",
    arguments: [environmentArgument],
    summary: "apply pending migrations",
    options: [
      { flags: "--target <version>", description: "up to and with this version" },
      { flags: "--target-version <version>", description: "the same" },
      ...changeOptions,
    ],
    examples: [
      ["poststack db migrate", "all pending ones"],
      ["poststack db migrate dev --target 004", "not further than 004"],
    ],
    load: async () => (await import("./migrate.ts")).migrateCommand,
  },
  {
    name: "db rollback",
    arguments: [environmentArgument],
    summary: "roll back migrations with their rollback files",
    options: [
      { flags: "--target <version>", description: "the version to go back to (default: one back; 0: all)" },
      { flags: "--target-version <version>", description: "the same" },
      ...changeOptions,
    ],
    examples: [
      ["poststack db rollback", "the last one"],
      ["poststack db rollback dev --target 003", "everything after 003"],
    ],
    load: async () => (await import("./rollback.ts")).rollbackCommand,
  },
  {
    name: "db status",
    arguments: [environmentArgument],
    summary: "which migrations are applied, pending or in trouble",
    aliases: ["migration-status"],
    examples: [["poststack db status", "one line each"]],
    load: async () => (await import("./status.ts")).statusCommand,
  },
  {
    name: "db verify",
    arguments: [environmentArgument],
    summary: "compare ledger and files, look for invalid indexes; changes nothing",
    description:
      "Exit code 1 when ledger and files do not agree, or an index is not valid. Constraints that were never validated are told, and are no failure.",
    aliases: ["verify-migrations"],
    examples: [["poststack db verify", "exit code 1 when something is wrong"]],
    load: async () => (await import("./verify.ts")).verifyCommand,
  },
  {
    name: "db lint",
    arguments: [
      environmentArgument,
      { name: "[files...]", description: "migrations by their files (default: the pending ones)" },
    ],
    summary: "what pending migrations would lock, break or lose, and how to do it instead",
    description:
      "Rules over Postgres's own grammar, listed in docs/migration-rules.md. Nothing is changed, and without a server every migration is looked at. `policy.lint` says how grave a rule is in an environment; `-- poststack: allow RULE reason` beside a statement says why it may stay. Exit code 1 when there is an error.",
    options: [
      { flags: "--all", description: "every migration, also applied ones" },
      { flags: "--since <version>", description: "those after this version; 0: all of them, as one run" },
      { flags: "--offline", description: "do not ask the server what is pending, and how large tables are" },
      {
        flags: "--format <format>",
        description: "how it is told (default: text)",
        values: ["text", "json", "sarif", "junit", "github"],
      },
      { flags: "--max-warnings <count>", description: "exit code 1 also when there are more warnings" },
    ],
    examples: [
      ["poststack db lint production", "what is pending there, with the size of its tables"],
      ["poststack db lint --since 041 --format github", "in CI, what a pull request adds"],
      ["poststack db lint dev migrations/042_totals.sql", "one file"],
    ],
    load: async () => (await import("./lint.ts")).lintCommand,
  },
  {
    name: "db dump",
    arguments: [environmentArgument],
    summary: "the schema as SQL, the same bytes for the same schema; only reads",
    description:
      "Tables, functions, privileges and all else that the database is made of, in an order that can be run, without dates and versions: for a file under version control. What extensions brought along and Poststack's own schema are left out.",
    options: [
      { flags: "--output <path>", description: "write it to this file" },
      {
        flags: "--check <path>",
        description: "compare it with this file: exit code 2, and what differs, when it is another",
      },
    ],
    examples: [
      ["poststack db dump dev --output schema.sql", "the schema of dev as a file"],
      ["poststack db dump dev --check schema.sql", "in CI: whether the file is up to date"],
    ],
    load: async () => (await import("./dump.ts")).dumpCommand,
  },
  {
    name: "db drift",
    arguments: [environmentArgument],
    summary: "what was changed by hand: the live schema against what the migrations make",
    description:
      "The recorded migrations run from nothing in a shadow: a database `poststack_shadow_…` that is made on the same server, holds no data of yours and is dropped at the end. Your own database is only read. For each object that differs there are the statements that adopt it into a migration and that undo it; they are shown, never run.",
    options: [
      { flags: "--detailed-exitcode", description: "exit code 2 when something differs" },
      {
        flags: "--script <direction>",
        description: "all statements as one SQL script",
        values: ["adopt", "undo"],
      },
    ],
    examples: [
      ["poststack db drift production", "each object that differs, and what to do about it"],
      ["poststack db drift dev --script adopt", "the body of a migration that makes it official"],
    ],
    load: async () => (await import("./drift.ts")).driftCommand,
  },
  {
    name: "db repair",
    arguments: [environmentArgument],
    summary: "take the files' text into the ledger after showing what differs; rebuild invalid indexes",
    options: changeOptions,
    examples: [["poststack db repair", "after an applied file was edited on purpose"]],
    load: async () => (await import("./repair.ts")).repairCommand,
  },
  {
    name: "db resolve",
    arguments: [
      { name: "<version>", description: "a migration that began and did not finish", values: "migrations" },
      environmentArgument,
    ],
    summary: "record what you have seen of a migration that did not finish",
    description:
      "For MIGRATION_INTERRUPTED, where the catalog does not tell how far a statement outside of a transaction came. Nothing of the migration is run. What the file says other than what was run is shown first.",
    options: [
      {
        flags: "--as <state>",
        description: "applied: the database is as after the whole file; rolled-back: nothing of it is there",
        values: ["applied", "rolled-back"],
      },
      ...changeOptions,
    ],
    examples: [
      ["poststack db resolve 007 production --as applied", "it was brought to its end by hand"],
      ["poststack db resolve 007 --as rolled-back", "the next apply runs it from the beginning"],
    ],
    load: async () => (await import("./resolve.ts")).resolveCommand,
  },
  {
    name: "db baseline",
    arguments: [
      { name: "<version>", description: "the last version that the schema already has", values: "migrations" },
      environmentArgument,
    ],
    summary: "take the present schema for what the migrations up to a version made",
    options: changeOptions,
    examples: [["poststack db baseline 012 production", "nothing is run; the ledger starts at 012"]],
    load: async () => (await import("./baseline.ts")).baselineCommand,
  },
  {
    name: "db import",
    arguments: [environmentArgument],
    summary: "what another tool's folder and ledger hold; with --write, as ordinary files",
    description:
      "dbmate, golang-migrate, Flyway, node-pg-migrate, Sqitch, Diesel and Prisma. Only looks, and says what to write into .poststack.yml: the next apply then takes the ledger over, without running anything again. With --write the migrations are written as files of Poststack's into a new folder; the old one stays.",
    options: [
      {
        flags: "--from <format>",
        description: "whose folder it is (default: what the configuration or the folder says)",
        values: foreignFormats,
      },
      { flags: "--write <directory>", description: "write ordinary pairs of files into this new folder" },
    ],
    examples: [
      ["poststack db import", "what was found, and the lines for .poststack.yml"],
      ["poststack db import --from dbmate --write migrations", "the same migrations as ordinary files"],
    ],
    load: async () => (await import("./import.ts")).importCommand,
  },
  {
    name: "db new",
    arguments: [{ name: "[name]", description: "what it does: add_users" }],
    summary: "write the next pair of migration files",
    description:
      "Named and numbered as those in the folder are, in the manner of the tool whose folder it is. Of given statements the way back is derived: create is taken back by drop, a new column by dropping it, a renaming by renaming back. What cannot be known from the statements is a comment that says why.",
    options: [
      { flags: "--timestamp", description: "a timestamp as the version, not the next number" },
      { flags: "--sql <statements>", description: "the way forward; the way back is derived from it" },
      { flags: "--from <path>", description: "the same from a file" },
      {
        flags: "--environment <name>",
        description: "into the folder of this environment, where it has its own",
      },
      { flags: "--rollback-for <version>", description: "only the way back of a migration that is there and has none" },
    ],
    examples: [
      ["poststack db new add_users", "005_add_users.sql and 005_add_users.rollback.sql"],
      ['poststack db new add_users --sql "create table users (id bigint)"', "both with their statements"],
      ["poststack db new --rollback-for 004", "004_….rollback.sql, derived from 004_….sql"],
    ],
    load: async () => (await import("./new.ts")).newCommand,
  },
  {
    name: "db shell",
    arguments: [environmentArgument],
    summary: "psql in the environment's database",
    options: [{ flags: "--admin", description: "as the superuser, not as the owner" }],
    examples: [["poststack db shell dev", "needs psql on PATH"]],
    load: async () => (await import("./shell.ts")).shellCommand,
  },
  {
    name: "db url",
    arguments: [environmentArgument],
    summary: "the connection URL",
    options: [
      { flags: "--show-password", description: "with the password, for a program" },
      { flags: "--admin", description: "of the superuser" },
    ],
    examples: [
      ["poststack db url", "the password is not shown"],
      ['psql "$(poststack db url --show-password)"', "for a program"],
    ],
    load: async () => (await import("./url.ts")).urlCommand,
  },
  {
    name: "db reset",
    arguments: [environmentArgument],
    summary: "delete the database and make it anew: migrations and jobs run again",
    options: [{ flags: "--delete-data", description: "leave to delete what the database holds" }, ...changeOptions],
    examples: [["poststack db reset dev --delete-data --confirm dev", "an empty database with the present schema"]],
    load: async () => (await import("./reset.ts")).resetCommand,
  },
  {
    name: "db test-connection",
    arguments: [environmentArgument],
    summary: "log in as owner and as admin, and say how that went",
    examples: [["poststack db test-connection staging", "address, user, server version, milliseconds"]],
    load: async () => (await import("./test-connection.ts")).testConnectionCommand,
  },
];
