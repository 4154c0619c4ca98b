import { changeOptions, deleteDataOption, environmentArgument } from "../../shared-options.ts";
import type { CommandSpec } from "../../spec.ts";

const outputOption = { flags: "--output <path>", description: "write it to this file, with its manifest beside it" };

const takeDescription =
  "With pg_dump: of the server's own image where the server is a container, else of this machine, of the server's version or a newer one. The file counts when pg_dump has ended well, pg_restore could list it, and its checksum stands in the manifest beside it. An embedded server without pg_dump is copied as a whole, which counts when a server program has recovered the copy. The server is not stopped.";

const restoreDescription =
  "Restores with pg_restore, as the owner, into a database beside the environment's; when all of it is there, the two change names in one transaction, which ends sessions in the old one. The old one stays as <database>.before_<time>, unless --delete-data. A copy of an embedded server takes the place of the whole server, in the same way. The plan is shown first; `plan --restore FILE --out PLAN` saves it.";

const fileArgument = { name: "<file>", description: "its name in the directory of backups, or a path" };
const restoreArguments = [{ ...environmentArgument, name: "<env>", description: "the environment" }, fileArgument];
const restoreOptions = [
  { flags: "--delete-data", description: "delete what is replaced, instead of keeping it beside" },
  ...changeOptions,
];

/** `backup …`; `db backup` and `db restore` are the same two again. */
export const backupCommands: readonly CommandSpec[] = [
  {
    name: "backup list",
    arguments: [environmentArgument],
    summary: "the environment's backups, oldest first",
    description:
      "Those that were verified when they were taken, before them those that are no longer what they were then. The server need not run.",
    examples: [["poststack backup list production", "file, age, size, last migration, why it was taken"]],
    load: async () => (await import("./list.ts")).listCommand,
  },
  {
    name: "backup take",
    arguments: [environmentArgument],
    summary: "take a backup of the environment's database",
    description: takeDescription,
    options: [outputOption, ...changeOptions],
    examples: [["poststack backup take production --yes", "from a timer"]],
    load: async () => (await import("./take.ts")).takeCommand,
  },
  {
    name: "backup verify",
    arguments: [
      environmentArgument,
      { name: "[files...]", description: "names in the directory of backups, or paths (default: all)" },
    ],
    summary: "whether backups are what they were, and with --deep whether they can be restored",
    description:
      "Size and checksum against the manifest; the archive's list of contents where pg_restore is at hand, or each file of a copy. With --deep each is restored into a database that is dropped again, or started as a server that listens nowhere. Exit code 1 when one is broken.",
    options: [{ flags: "--deep", description: "restore each beside, and drop that" }],
    examples: [
      ["poststack backup verify production", "reads every byte of every file"],
      [
        "poststack backup verify production --deep shop-20261120T030000000Z.dump",
        "the only proof that it can be restored",
      ],
    ],
    load: async () => (await import("./verify.ts")).verifyCommand,
  },
  {
    name: "backup restore",
    arguments: restoreArguments,
    summary: "put a backup in the place of the environment's database",
    description: restoreDescription,
    options: restoreOptions,
    examples: [["poststack backup restore dev shop-20261120T030000000Z.dump", "the present one is kept beside"]],
    load: async () => (await import("./restore.ts")).restoreCommand,
  },
  {
    name: "backup prune",
    arguments: [environmentArgument],
    summary: "delete the backups that no rule of `backup.keep` wants any more",
    options: [deleteDataOption, ...changeOptions],
    examples: [["poststack backup prune production --delete-data --confirm production", "after a look at the plan"]],
    load: async () => (await import("./prune.ts")).pruneCommand,
  },
  {
    name: "db backup",
    arguments: [environmentArgument],
    summary: "the same as `backup take`",
    options: [outputOption, ...changeOptions],
    examples: [["poststack db backup dev --output before-upgrade.dump", "to a file of your own"]],
    load: async () => (await import("./take.ts")).takeCommand,
  },
  {
    name: "db restore",
    arguments: restoreArguments,
    summary: "the same as `backup restore`",
    options: restoreOptions,
    examples: [["poststack db restore dev before-upgrade.dump", "a path is one from here where there is such a file"]],
    load: async () => (await import("./restore.ts")).restoreCommand,
  },
];
