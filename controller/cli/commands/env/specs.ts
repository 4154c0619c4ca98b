import { logOptions } from "../../logs/options.ts";
import { changeOptions, environmentArgument, scaleOption, waitOptions } from "../../shared-options.ts";
import type { CommandSpec } from "../../spec.ts";

export const environmentCommands: readonly CommandSpec[] = [
  {
    name: "env list",
    summary: "the environments of this project",
    examples: [["poststack env list", "name, Postgres, deployment and whether it runs"]],
    load: async () => (await import("./list.ts")).listCommand,
  },
  {
    name: "env start",
    arguments: [environmentArgument],
    summary: "the same as apply: everything up, in order",
    options: [scaleOption, ...changeOptions, ...waitOptions],
    examples: [["poststack env start dev", "Postgres, schema, init jobs, processes and containers"]],
    load: async () => (await import("./start.ts")).startCommand,
  },
  {
    name: "env stop",
    arguments: [environmentArgument],
    summary: "stop processes, containers and Postgres; data stays",
    options: changeOptions,
    examples: [["poststack env stop dev", "stops in the reverse order of start"]],
    load: async () => (await import("./stop.ts")).stopCommand,
  },
  {
    name: "env restart",
    arguments: [environmentArgument],
    summary: "restart processes, containers and Postgres",
    options: [...changeOptions, ...waitOptions],
    examples: [["poststack env restart dev", "each is stopped and started once"]],
    load: async () => (await import("./restart.ts")).restartCommand,
  },
  {
    name: "env status",
    arguments: [environmentArgument],
    summary: "the same as status",
    examples: [["poststack env status dev", "server, processes, migrations, drift"]],
    load: async () => (await import("../status.ts")).statusCommand,
  },
  {
    name: "env init",
    arguments: [environmentArgument],
    summary: "everything up to the init jobs, without the deployment",
    options: changeOptions,
    examples: [["poststack env init staging", "Postgres, schema, jobs; for a retry after a failed job"]],
    load: async () => (await import("./init.ts")).initCommand,
  },
  {
    name: "env deploy",
    arguments: [environmentArgument],
    summary: "only the deployment; what it needs must be there",
    options: [...changeOptions, ...waitOptions],
    examples: [
      ["poststack env deploy staging", "processes and containers; refused while migrations or jobs are pending"],
    ],
    load: async () => (await import("./deploy.ts")).deployCommand,
  },
  {
    name: "env dry-run",
    arguments: [environmentArgument],
    summary: "the variables that each job, process and container would get, without starting anything",
    examples: [["poststack env dry-run dev", "names, values and where each comes from"]],
    load: async () => (await import("./dry-run.ts")).dryRunCommand,
  },
  {
    name: "env config",
    arguments: [environmentArgument],
    summary: "the environment as it is understood: extends merged, defaults filled in",
    examples: [["poststack env config dev --json", "for other tools"]],
    load: async () => (await import("./config.ts")).configCommand,
  },
  {
    name: "env export",
    arguments: [environmentArgument],
    summary: "the environment for other tools: a Compose file, or its variables",
    description:
      "docker-compose: one file that means what Poststack runs, also its Postgres if that is a container; `docker compose up` runs it. Passwords, and what comes from the shell or from env files, stand in it as names of variables. Migrations and jobs are not in it. env-vars and shell: the variables that programs get.",
    options: [
      {
        flags: "--format <format>",
        description: "docker-compose (default), env-vars (an env file) or shell (export commands)",
        values: ["docker-compose", "env-vars", "shell"],
      },
      { flags: "--inside", description: "variables as containers get them; else as programs on this host do" },
      { flags: "--show-secrets", description: "write secrets in plain" },
    ],
    examples: [
      ["poststack env export dev > compose.exported.yaml", "for plain docker compose; says which variables it needs"],
      [
        "(umask 077; poststack env export dev --format env-vars --inside --show-secrets > .env)",
        "and these are they, in a file that you alone can read",
      ],
      [
        'eval "$(poststack env export dev --format shell --show-secrets)"',
        "the same for a program that is started by hand",
      ],
    ],
    load: async () => (await import("./export.ts")).exportCommand,
  },
  {
    name: "env forget-engine",
    arguments: [environmentArgument],
    summary: "give up what is on a container engine that is gone for ever",
    description:
      "The state remembers which engine holds the containers of an environment, and no other one is talked to. Where that engine does not come back, this lets go of it; nothing is changed but the state. Asks first, unless --yes is given.",
    examples: [["poststack env forget-engine dev", "the next apply makes everything anew, on the engine that answers"]],
    load: async () => (await import("./forget-engine.ts")).forgetEngineCommand,
  },
  {
    name: "env logs",
    arguments: [
      environmentArgument,
      {
        name: "[service...]",
        description: "processes, services, jobs or `postgres` (default: all)",
        values: "services",
      },
    ],
    summary: "logs of the environment's processes, containers, jobs and server, by time",
    description:
      "The last lines of several logs, put in order by time, with a name before each line. Following goes on when a container stops, is started again or made anew. With --follow and --json each line is a JSON document.",
    options: logOptions(50),
    examples: [
      ["poststack env logs dev", "the end of every log"],
      ["poststack env logs dev web worker -f --since 10m", "follow two services, with what they said lately"],
    ],
    load: async () => (await import("./logs.ts")).logsCommand,
  },
];
