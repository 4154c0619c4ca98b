import type { ArgumentSpec, OptionSpec } from "./spec.ts";

/** Arguments and options that several commands share, so that they read the same everywhere. */
export const environmentArgument: ArgumentSpec = {
  name: "[env]",
  description: "the environment; without it the default one, else the only one",
  values: "environments",
};

export const environmentOption: OptionSpec = { flags: "--env <env>", description: environmentArgument.description };

/** How many containers of a service. */
export const scaleOption: OptionSpec = {
  flags: "--scale <service=count>",
  description: "as many containers of a service, whatever its file says; holds until the next apply without it",
  many: true,
};

export const skipInitOption: OptionSpec = {
  flags: "--skip-init",
  description: "without the jobs of `init`: what needs them goes ahead, and the next apply without it runs them",
};

export const thoroughOption: OptionSpec = {
  flags: "--thorough",
  description:
    "also what no list of the engine shows: limits and aliases that somebody changed; a call for each container",
};

export const deleteDataOption: OptionSpec = {
  flags: "--delete-data",
  description: "the leave to delete data; with --confirm and the environment's name",
};

export const selectionOptions: readonly OptionSpec[] = [
  {
    flags: "--target <id>",
    description: "only this resource (role:app) or kind (migration), and what it needs",
    many: true,
  },
  { flags: "--exclude <id>", description: "all but this resource or kind, and what needs it", many: true },
];

const confirmOption: OptionSpec = {
  flags: "--confirm <name>",
  description: "the environment's name, where the plan deletes data or all of a kind, or the environment is protected",
};

export const lockOption: OptionSpec = {
  flags: "--lock-timeout <duration>",
  description: "how long to wait for another writer (default: 60s)",
};

/** Of every command that changes something. */
export const changeOptions: readonly OptionSpec[] = [confirmOption, lockOption];

/** Of every command that starts something which has to prove itself afterwards. */
export const waitOptions: readonly OptionSpec[] = [
  { flags: "--no-wait", description: "end when everything is started, not when it has stayed up and is healthy" },
  { flags: "--wait-timeout <duration>", description: "how long that may take (default: 5m)" },
];
