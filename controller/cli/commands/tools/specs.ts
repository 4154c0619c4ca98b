import { logOptions } from "../../logs/options.ts";
import { environmentArgument } from "../../shared-options.ts";
import type { CommandSpec } from "../../spec.ts";

export const toolCommands: readonly CommandSpec[] = [
  {
    name: "config show",
    arguments: [environmentArgument],
    summary: "the configuration as it is understood",
    examples: [["poststack config show dev", "extends merged, defaults filled in, secrets hidden"]],
    load: async () => (await import("./config-show.ts")).configShowCommand,
  },
  {
    name: "config validate",
    summary: "check every environment with every file that it names",
    examples: [["poststack config validate", "all errors at once, each with its place"]],
    load: async () => (await import("./config-validate.ts")).configValidateCommand,
  },
  {
    name: "config explain",
    arguments: [
      { name: "<name>", description: "a variable, or the path of a key such as postgres.port", values: "keys" },
      environmentArgument,
    ],
    summary: "where a variable or a key has its value from, and what it hides",
    description:
      "A key is named as in error messages: `init[0].run`, `postgres.roles.reporting.login`, with or without " +
      "`environments.NAME` in front; `project.migrations` for all environments. A map or a list is told value by value. " +
      "Where a variable and a key have one name, the variable is meant.",
    options: [
      { flags: "--env <env>", description: "the environment, instead of the second argument" },
      { flags: "--show-value", description: "also what the shell and env files say; a password never" },
    ],
    examples: [
      ["poststack config explain LOG_LEVEL dev", "value, file and line, and weaker sources"],
      [
        "poststack config explain postgres.port --env dev",
        "where it is written, and what that overrides; or the default",
      ],
      ["poststack config explain environments.dev.postgres", "every value under it, each with its place"],
    ],
    load: async () => (await import("./config-explain.ts")).configExplainCommand,
  },
  {
    name: "logs list",
    arguments: [environmentArgument],
    summary: "the log files",
    options: [{ flags: "--category <category>", description: "only these", values: ["process", "job", "postgres"] }],
    examples: [["poststack logs list", "name, category, size, last written"]],
    load: async () => (await import("./logs-list.ts")).logsListCommand,
  },
  {
    name: "logs show",
    arguments: [
      { name: "<name>", description: "a process, a service, a job or `postgres`", values: "services" },
      environmentArgument,
    ],
    summary: "one log",
    options: logOptions(200),
    examples: [["poststack logs show web", "the end of the log of web"]],
    load: async () => (await import("./logs-show.ts")).logsShowCommand,
  },
  {
    name: "logs clean",
    arguments: [environmentArgument],
    summary: "delete old rotated logs and logs of finished jobs",
    options: [{ flags: "--days <count>", description: "older than so many days (default: 7)" }],
    examples: [["poststack logs clean --days 30", "never the log of something that runs"]],
    load: async () => (await import("./logs-clean.ts")).logsCleanCommand,
  },
  {
    name: "logs size",
    arguments: [environmentArgument],
    summary: "how much room the logs take",
    examples: [["poststack logs size", "by category"]],
    load: async () => (await import("./logs-size.ts")).logsSizeCommand,
  },
  {
    name: "doctor",
    arguments: [environmentArgument],
    summary: "look for what could go wrong on this machine, with the way out",
    examples: [["poststack doctor", "Node, Postgres binaries, ports, state directory, permissions, disk"]],
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  {
    name: "version",
    summary: "the version",
    examples: [["poststack version --json", "with Node and platform"]],
    load: async () => (await import("./version.ts")).versionCommand,
  },
  {
    name: "completion",
    arguments: [{ name: "<shell>", description: "bash, zsh, fish or powershell" }],
    summary: "a completion script for the shell",
    examples: [["source <(poststack completion bash)", "completes commands, options and environments"]],
    load: async () => (await import("./completion.ts")).completionCommand,
  },
];
