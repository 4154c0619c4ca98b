import { changeOptions, environmentArgument, environmentOption, waitOptions } from "../../shared-options.ts";
import type { ArgumentSpec, CommandSpec, OptionSpec } from "../../spec.ts";

const services: ArgumentSpec = {
  name: "<service...>",
  description: "a service, which means all its containers, one of them (web.2), or `postgres`, the server's",
  values: "services",
};

const noCacheOption: OptionSpec = {
  flags: "--no-cache",
  description: "run every step anew, also of images that are as they should be",
};

/** What runs on the container engine, beside the commands for whole environments. */
export const containerCommands: readonly CommandSpec[] = [
  {
    name: "container list",
    arguments: [environmentArgument],
    summary: "the environment's containers, running or not",
    examples: [["poststack container list dev", "also its Postgres, and what the files no longer ask for"]],
    load: async () => (await import("./list.ts")).listCommand,
  },
  {
    name: "container status",
    arguments: [environmentArgument],
    summary: "what the files ask for beside what is there, and what the next apply would do about it",
    examples: [["poststack container status dev", "one line a container; no inspect call but for what differs"]],
    load: async () => (await import("./status.ts")).statusCommand,
  },
  {
    name: "container health",
    arguments: [environmentArgument],
    summary: "how the containers are; exit code 1 when one is not well or not there",
    examples: [["poststack container health dev", "with what the check said last where it fails"]],
    load: async () => (await import("./health.ts")).healthCommand,
  },
  {
    name: "container start",
    arguments: [services],
    summary: "start services, and what they need on the engine",
    description:
      "The same as apply, for these services: one that differs from the files is brought up to date. The database, migrations and jobs are left to an apply.",
    options: [environmentOption, ...changeOptions, ...waitOptions],
    examples: [["poststack container start web worker --env dev", "both, with networks, volumes and images"]],
    load: async () => (await import("./change.ts")).startCommand,
  },
  {
    name: "container stop",
    arguments: [services],
    summary: "stop services; their containers stay, and the next apply starts them again",
    options: [environmentOption, ...changeOptions],
    examples: [
      ["poststack container stop web --env dev", "all containers of web"],
      ["poststack container stop web.2", "one of them"],
      ["poststack container stop postgres", "the server alone; what uses it goes on without"],
    ],
    load: async () => (await import("./change.ts")).stopCommand,
  },
  {
    name: "container restart",
    arguments: [services],
    summary: "restart services; the same as restart",
    options: [environmentOption, ...changeOptions, ...waitOptions],
    examples: [["poststack container restart web postgres --env dev", "each is stopped and started once"]],
    load: async () => (await import("../restart.ts")).restartCommand,
  },
  {
    name: "container remove",
    arguments: [services],
    summary: "stop and remove the containers of services; the next apply makes them again",
    options: [environmentOption, ...changeOptions],
    examples: [["poststack container remove web --env dev", "volumes and networks stay"]],
    load: async () => (await import("./change.ts")).removeCommand,
  },
  {
    name: "container clean",
    arguments: [environmentArgument],
    summary: "remove containers that the files no longer ask for, and what replacements left",
    options: changeOptions,
    examples: [["poststack container clean dev", "what the files ask for stays as it is"]],
    load: async () => (await import("./clean.ts")).cleanCommand,
  },
  {
    name: "container build",
    arguments: [{ ...services, name: "[service...]", description: "services whose images are built (default: all)" }],
    summary: "build the images of services that have a `build:`",
    description:
      "Images that these are made from, or that services and Postgres take as they are, are built before where they are the project's or come with Poststack.",
    options: [environmentOption, noCacheOption, ...changeOptions],
    examples: [
      ["poststack container build --env dev", "what has changed; says how long each took, and what the cache gave"],
      ["poststack container build web --no-cache", "every step anew"],
    ],
    load: async () => (await import("./build.ts")).buildCommand,
  },
  {
    name: "container build-project",
    arguments: [{ name: "[image...]", description: "folders or images (default: all)" }],
    summary: "build the images of `project.containers`, and those that come with Poststack",
    description:
      "Each folder of `project.containers` with a Dockerfile is an image {project}/{folder}; its build context is the project. poststack/base-debian and poststack/postgres come with Poststack, and are built before what is made from them.",
    options: [environmentOption, noCacheOption, ...changeOptions],
    examples: [
      ["poststack container build-project", "all of them, in order"],
      ["poststack container build-project postgres", "poststack/postgres alone"],
    ],
    load: async () => (await import("./build.ts")).buildProjectCommand,
  },
];
