import {
  changeOptions,
  deleteDataOption,
  environmentArgument,
  environmentOption,
  lockOption,
  scaleOption,
  skipInitOption,
  thoroughOption,
  selectionOptions,
  waitOptions,
} from "../shared-options.ts";
import type { CommandSpec } from "../spec.ts";

export const mainCommands: readonly CommandSpec[] = [
  {
    name: "init",
    arguments: [{ name: "[name]", description: "the project's name (default: the folder's)" }],
    summary: "start a project here: configuration, first migration, Procfile",
    options: [{ flags: "--force", description: "overwrite files that exist" }],
    examples: [
      ["poststack init", "a project named as this folder"],
      ["poststack init shop", "a project named shop"],
    ],
    load: async () => (await import("./init.ts")).initCommand,
  },
  {
    name: "plan",
    arguments: [environmentArgument],
    summary: "what apply would do, and why; changes nothing",
    description:
      "Only reads. With --rehearse, or `policy: { rehearse: true }` in the environment, pending migrations run first in a database that is made for it on the server and dropped again; where that cannot be, on a temporary server. With --drift, or `policy: { drift: warn }`, the plan tells what was changed by hand, as `db drift` does; no action heals it.",
    options: [
      { flags: "--out <file>", description: "save the plan for `poststack apply FILE`; it holds no secret" },
      {
        flags: "--format <format>",
        description: "text, markdown (for pull requests) or json",
        values: ["text", "markdown", "json"],
      },
      { flags: "--detailed-exitcode", description: "exit with 2 when there is something to do, or drift" },
      {
        flags: "--rehearse",
        description:
          "run pending migrations on a copy of the schema: forward, back, forward again; makes a database on the server, and drops it",
      },
      { flags: "--rehearse-sample <rows>", description: "the same on a copy with up to so many rows of each table" },
      {
        flags: "--drift",
        description: "tell what was changed by hand in the schema; makes a database on the server, and drops it",
      },
      {
        flags: "--to <state>",
        description: "plan for another end than running",
        values: ["running", "stopped", "absent"],
      },
      { flags: "--restore <file>", description: "plan to restore this backup, and nothing else" },
      scaleOption,
      skipInitOption,
      thoroughOption,
      ...selectionOptions,
    ],
    examples: [
      ["poststack plan", "the plan for the default environment"],
      ["poststack plan staging --out staging.plan", "save it, so that exactly this is applied later"],
      ["poststack plan --detailed-exitcode", "for scripts: 0 nothing to do, 2 something, 1 an error"],
      ["poststack plan --format markdown", "as a comment for a pull request"],
      ["poststack plan --rehearse", "whether each pending migration runs, and whether its rollback takes it back"],
    ],
    load: async () => (await import("./plan.ts")).planCommand,
  },
  {
    name: "apply",
    arguments: [
      {
        name: "[env-or-plan]",
        description: "the environment, or a file written by `plan --out`",
        values: "environments",
      },
    ],
    summary: "make the machine agree with the files",
    description:
      "Shows the plan, asks, and carries it out; again until nothing is left to do. Without a terminal it needs --yes or a saved plan.",
    options: [...selectionOptions, scaleOption, skipInitOption, thoroughOption, ...changeOptions, ...waitOptions],
    examples: [
      ["poststack apply", "the default environment, after a look at the plan"],
      ["poststack apply staging --yes", "without asking, for scripts and timers"],
      ["poststack apply staging.plan", "exactly the plan that was saved; refused when the world has changed"],
      ["poststack apply --target migration", "only migrations, and what they need"],
    ],
    load: async () => (await import("./apply.ts")).applyCommand,
  },
  {
    name: "destroy",
    arguments: [environmentArgument],
    summary: "take down everything of an environment; with --delete-data also its data",
    description:
      "Processes and Postgres are stopped, containers and networks removed. Volumes and the data directory stay, so that an apply goes on with the same data.",
    options: [{ flags: "--delete-data", description: "delete volumes and the data directory, too" }, ...changeOptions],
    examples: [
      ["poststack destroy dev", "the data stays"],
      ["poststack destroy dev --delete-data --confirm dev", "and deletes the database for good"],
    ],
    load: async () => (await import("./destroy.ts")).destroyCommand,
  },
  {
    name: "cleanup",
    arguments: [environmentArgument],
    summary: "remove containers, networks and images that nobody asks for any more; never a volume",
    description:
      "What the files ask for stays as it is, running or stopped. Only what Poststack made for the environment goes: containers that the files no longer name or that a replacement left, networks that nothing is on, and images of earlier builds.",
    options: changeOptions,
    examples: [["poststack cleanup dev", "shows what would go, and asks"]],
    load: async () => (await import("./cleanup.ts")).cleanupCommand,
  },
  {
    name: "reset",
    arguments: [environmentArgument],
    summary: "delete everything of an environment: what runs, its data, its images; for a new beginning",
    options: [deleteDataOption, ...changeOptions],
    examples: [["poststack reset dev --delete-data --confirm dev", "the next apply begins with nothing"]],
    load: async () => (await import("./reset.ts")).resetCommand,
  },
  {
    name: "watch",
    arguments: [environmentArgument],
    summary: "apply on every change of a file, and keep what runs alive",
    description:
      "For development: applies without asking, but never takes anything away; that is left to an explicit apply. Ctrl-C ends the watching, not what runs.",
    options: [lockOption],
    examples: [["poststack watch", "the default environment, until Ctrl-C"]],
    load: async () => (await import("./watch.ts")).watchCommand,
  },
  {
    name: "status",
    arguments: [environmentArgument],
    summary: "what runs, and what differs from the files",
    examples: [
      ["poststack status", "every environment in short"],
      ["poststack status dev", "one environment: server, processes, migrations, drift"],
    ],
    load: async () => (await import("./status.ts")).statusCommand,
  },
  {
    name: "restart",
    arguments: [
      { name: "<service...>", description: "processes, services of Compose files, or `postgres`", values: "services" },
    ],
    summary: "restart services, each with all its replicas",
    options: [environmentOption, ...changeOptions, ...waitOptions],
    examples: [
      ["poststack restart web --env dev", "stops and starts each web"],
      ["poststack restart web.2 postgres", "one of several, and the server"],
    ],
    load: async () => (await import("./restart.ts")).restartCommand,
  },
];
