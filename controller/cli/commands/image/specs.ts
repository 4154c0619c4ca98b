import { changeOptions, environmentArgument } from "../../shared-options.ts";
import type { CommandSpec } from "../../spec.ts";

export const imageCommands: readonly CommandSpec[] = [
  {
    name: "image list",
    arguments: [environmentArgument],
    summary: "images that were built for the environment, or that its containers were made from",
    examples: [["poststack image list dev", "size, age and who uses each"]],
    load: async () => (await import("./list.ts")).listCommand,
  },
  {
    name: "image prune",
    arguments: [environmentArgument],
    summary: "remove images that were built here and that nothing uses; never anybody else's",
    options: [{ flags: "--all", description: "also those that the files name" }, ...changeOptions],
    examples: [["poststack image prune dev", "mostly what earlier builds left"]],
    load: async () => (await import("./prune.ts")).pruneCommand,
  },
];
