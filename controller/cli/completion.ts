import { dirname, resolve } from "node:path";
import type { Command, RootCommand } from "@bomb.sh/tab";
import { parseProcfile } from "../config/procfile.ts";
import { configFileName, findConfig } from "../config/find.ts";
import { at, type Tree } from "../config/tree.ts";
import type { Files } from "../core/ports/files.ts";
import { kinds } from "../resources/index.ts";
import { commands, groups } from "./commands.ts";
import { completionShells } from "./commands/tools/completion.ts";
import { explainableNames } from "./explain/key-names.ts";
import { globalOptions } from "./global-options.ts";
import type { ArgumentSpec, OptionSpec } from "./spec.ts";
import type { World } from "./world.ts";

/** More of one kind than this is no help. */
const mostOffered = 200;
/** Bytes of a file that is read for its names. */
const limitBytes = 1024 * 1024;

/**
 * Answers what a completion script asks: the words typed so far, the last of them unfinished. Says nothing rather than
 * anything wrong: an error message would stand in the middle of the user's command line.
 */
export async function completeWords(words: readonly string[], world: World): Promise<void> {
  try {
    const { RootCommand } = await import("@bomb.sh/tab");
    const root = new RootCommand();
    fill(root, await namesOf(words, world));
    root.parse([...words]);
  } catch {
    // Nothing to offer.
  }
}

type Names = (values: NonNullable<ArgumentSpec["values"]>) => readonly string[];

function fill(root: RootCommand, names: Names): void {
  addOptions(root, globalOptions, names);
  for (const [name, summary] of groups) root.command(name, summary);
  for (const { name, summary, arguments: given = [], options = [] } of commands) {
    const command = root.command(name, summary);
    for (const { name: argument, values } of given) {
      const offer = (complete: (value: string, description: string) => void): void => {
        for (const value of values === undefined ? [] : names(values)) complete(value, "");
      };
      command.argument(argument, offer, /\.\.\.[\]>]$/.test(argument));
    }
    addOptions(command, [...options, ...globalOptions], names);
  }
  const shells = root.commands.get("completion");
  shells?.argument("<shell>", (complete) => {
    for (const shell of completionShells) complete(shell, "");
  });
}

/** `-f, --follow`, `--target <id>`: the long name, the short one, and whether a value follows. */
function addOptions(command: Command, options: readonly OptionSpec[], names: Names): void {
  for (const { flags, description, values } of options) {
    const [, short, long = "", value] = /^(?:-(\w), )?--([\w-]+)(?: <(.+)>)?$/.exec(flags) ?? [];
    if (value === undefined) {
      command.option(long, description, short);
      continue;
    }
    const offered = (): readonly string[] => values ?? valuesOf(value, names);
    const handler = (complete: (value: string, description: string) => void): void => {
      for (const one of offered()) complete(one, "");
    };
    command.option(long, description, handler, short);
  }
}

/** By what stands for the value in the option's help. */
function valuesOf(value: string, names: Names): readonly string[] {
  switch (value) {
    case "env":
    case "name":
      return names("environments");
    case "version":
      return names("migrations");
    case "id":
      return kinds;
    default:
      return [];
  }
}

/** What the project's files name, read as little as possible and never checked. */
async function namesOf(words: readonly string[], world: World): Promise<Names> {
  const { parseYaml } = await import("../config/yaml.ts");
  const opened = once(() => {
    const folder = resolve(world.cwd, optionIn(words, "--project-dir") ?? ".");
    const named = optionIn(words, "--file");
    const file = named === undefined ? findConfig(folder, world.exists) : resolve(folder, named);
    const files = world.openFiles(dirname(file));
    const read = (path: string): Tree => parseYaml(files.readBytes(path, { limitBytes }), path);
    return { files, read, tree: parseYaml(files.readBytes(file, { limitBytes }), configFileName) };
  });
  return (values) => {
    try {
      const { files, tree, read } = opened();
      const typed = (words.at(-1) ?? "").replace(/^--[\w-]+=/, "");
      const fitting = found[values](tree, files, read).filter((name) => name.startsWith(typed));
      return fitting.slice(0, mostOffered);
    } catch {
      return [];
    }
  };
}

const found = {
  environments: (tree) =>
    environmentsOf(tree).flatMap(([name, environment]) =>
      textAt(environment, ["template"]) === "true" || name.startsWith("x-") ? [] : [name],
    ),
  services: (tree, files, read) => [
    ...new Set([
      ...environmentsOf(tree).flatMap(([, environment]) => {
        const procfile = textAt(environment, ["deployment", "procfile"]);
        const processes = procfile === undefined ? [] : processesIn(procfile, files);
        return [
          ...processes,
          ...textsAt(environment, ["deployment", "compose"]).flatMap((file) => servicesIn(read(file))),
        ];
      }),
      "postgres",
    ]),
  ],
  keys: explainableNames,
  migrations: (tree, files) => {
    const written = [
      ["project", "migrations"],
      ...environmentsOf(tree).map(([name]) => ["environments", name, "migrations"]),
    ];
    const folders = written.flatMap((path) => textAt(tree, path) ?? textAt(tree, [...path, "directory"]) ?? []);
    const forward = /^V?(\d+(?:[-.]\d+)*)_.*(?<!\.rollback\.sql|\.down\.sql)$/;
    const names = [...(folders.length === 0 ? ["./migrations"] : folders)].flatMap((folder) => files.list(folder));
    return [...new Set(names.flatMap((name) => forward.exec(name)?.[1] ?? []))];
  },
} as const satisfies Record<
  NonNullable<ArgumentSpec["values"]>,
  (tree: Tree, files: Files, read: (file: string) => Tree) => readonly string[]
>;

function environmentsOf(tree: Tree): readonly (readonly [string, Tree])[] {
  const environments = at(tree, ["environments"]);
  if (environments?.type !== "map") return [];
  return [...environments.entries].map(([name, { tree: environment }]) => [name, environment] as const);
}

const processesIn = (procfile: string, files: Files): readonly string[] =>
  parseProcfile(files.read(procfile, { limitBytes }), procfile).map(({ name }) => name);

function servicesIn(file: Tree): readonly string[] {
  const services = at(file, ["services"]);
  return services?.type === "map" ? [...services.entries.keys()] : [];
}

/** One text, or a list of them. */
function textsAt(tree: Tree, path: readonly string[]): readonly string[] {
  const value = at(tree, path);
  const items = value?.type === "list" ? value.items : value === undefined ? [] : [value];
  return items.flatMap((item) => (item.type === "scalar" ? [item.text] : []));
}

function textAt(tree: Tree, path: readonly string[]): string | undefined {
  const value = at(tree, path);
  return value?.type === "scalar" ? value.text : undefined;
}

function optionIn(words: readonly string[], option: string): string | undefined {
  const index = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  const word = words[index];
  return word === undefined ? undefined : word === option ? words[index + 1] : word.slice(option.length + 1);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
