import type { CommandSpec } from "../../spec.ts";

export const composeCommands: readonly CommandSpec[] = [
  {
    name: "compose config",
    summary: "Compose files as they are understood",
    description:
      "Prints the project that Compose files describe: files merged, variables and env files worked in, `extends` and " +
      "`include` resolved, short forms expanded. The output is a Compose file that means the same. What is ignored, or " +
      "would be refused in a deployment, is told on standard error with file, line and column. It needs no project of " +
      "Poststack's, and reads what the files name wherever it lies.",
    options: [
      {
        flags: "-f, --file <path>",
        description: "a Compose file, the later on top (default: COMPOSE_FILE, else compose.yaml here or above)",
        many: true,
      },
      { flags: "--profile <profile>", description: "activate a profile; `*` for all", many: true },
      { flags: "-p, --project-name <name>", description: "instead of the name in the files" },
      {
        flags: "--project-directory <path>",
        description: "what paths are relative to (default: the first file's folder)",
      },
      { flags: "--format <format>", description: "form of the output (default: yaml)", values: ["yaml", "json"] },
      { flags: "--services", description: "only the names of services" },
      { flags: "--volumes", description: "only the names of volumes" },
      { flags: "--profiles", description: "only the names of profiles" },
      { flags: "--images", description: "only the images" },
      { flags: "-q, --quiet", description: "only check: print nothing but errors and warnings" },
    ],
    examples: [
      ["poststack compose config -f compose.yaml -f compose.prod.yaml", "two files as one"],
      ["poststack compose config --profile debug --format json", "with one more profile, for another program"],
      ["poststack compose config --services", "a name a line"],
    ],
    load: async () => (await import("./config.ts")).composeConfigCommand,
  },
];
