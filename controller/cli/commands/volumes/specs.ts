import { changeOptions, deleteDataOption, environmentArgument } from "../../shared-options.ts";
import type { CommandSpec } from "../../spec.ts";

export const volumesCommands: readonly CommandSpec[] = [
  {
    name: "volumes list",
    arguments: [environmentArgument],
    summary: "the environment's volumes, who uses them, and whether the files name them",
    options: [
      { flags: "--size", description: "also how big they are: the engine counts file by file, which may take minutes" },
    ],
    examples: [
      ["poststack volumes list dev", "also what an earlier version of the files left"],
      ["poststack volumes list dev --size", "what fills the disk"],
    ],
    load: async () => (await import("./list.ts")).listCommand,
  },
  {
    name: "volumes cleanup",
    arguments: [environmentArgument],
    summary: "delete volumes that no container uses",
    options: [deleteDataOption, ...changeOptions],
    examples: [["poststack volumes cleanup dev --delete-data --confirm dev", "after a destroy: all of them"]],
    load: async () => (await import("./remove.ts")).cleanupCommand,
  },
  {
    name: "volumes prune",
    arguments: [environmentArgument],
    summary: "delete volumes that no container uses and the files no longer name",
    options: [deleteDataOption, ...changeOptions],
    examples: [["poststack volumes prune dev --delete-data --confirm dev", "what the files name stays"]],
    load: async () => (await import("./remove.ts")).pruneCommand,
  },
];
