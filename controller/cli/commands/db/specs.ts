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
    summary: "compare the ledger with the files; changes nothing",
    aliases: ["verify-migrations"],
    examples: [["poststack db verify", "exit code 1 when they do not agree"]],
    load: async () => (await import("./verify.ts")).verifyCommand,
  },
  {
    name: "db repair",
    arguments: [environmentArgument],
    summary: "take the files' present text into the ledger, after showing what differs",
    options: changeOptions,
    examples: [["poststack db repair", "after an applied file was edited on purpose"]],
    load: async () => (await import("./repair.ts")).repairCommand,
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
    name: "db new",
    arguments: [{ name: "<name>", description: "what it does: add_users" }],
    summary: "write the next pair of migration files",
    options: [{ flags: "--timestamp", description: "a timestamp as the version, not the next number" }],
    examples: [["poststack db new add_users", "005_add_users.sql and 005_add_users.rollback.sql"]],
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
