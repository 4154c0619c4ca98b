import { basename, join, resolve } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import { configFileName } from "../../config/find.ts";
import { contextOf, printJson, type Context } from "../context.ts";
import { exitCode, type ExitCode } from "../exit.ts";
import { projectFilesFor } from "../new-project.ts";
import type { Invocation } from "../spec.ts";
import type { World } from "../world.ts";

/** Where a new project's ports are looked for: the usual one, else the next that is free. */
const firstPorts = { postgres: 5432, web: 3000 } as const;
const triedPorts = 50;
const limitBytes = 1024 * 1024;

/** Starts a project: a configuration that applies as it is, with a first migration and a process. */
export async function initCommand({ args: [given], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const root = resolve(world.cwd, context.projectDir ?? ".");
  const name = given === undefined ? nameFrom(basename(root)) : checkedName(given);
  const ports = { postgres: await freePort("postgres", context), web: await freePort("web", context) };
  const contents = projectFilesFor(name, ports);

  const taken = [...contents.keys()].filter((path) => world.exists(join(root, path)));
  const overwrite = options.flag("force");
  if (taken.length > 0 && !overwrite) throw exists(taken);
  const ignoreFile = join(root, ".gitignore");
  const ignored = world.exists(ignoreFile) ? world.openFiles(root).read(".gitignore", { limitBytes }) : "";
  const isIgnored = ignored.split(/\r?\n/).some((line) => /^\/?\.poststack\/?$/.test(line.trim()));
  world.writeProjectFiles(root, contents, { overwrite });
  if (!isIgnored) {
    const before = ignored === "" || ignored.endsWith("\n") ? ignored : `${ignored}\n`;
    world.writeProjectFiles(root, new Map([[".gitignore", `${before}.poststack/\n`]]), { overwrite: true });
  }

  const written = [...contents.keys(), ...(isIgnored ? [] : [".gitignore"])];
  if (context.json) {
    printJson(context, { version: 1, project: name, root, files: written });
    return exitCode.done;
  }
  for (const path of written) context.print(`${context.paint("add", "✔")} ${path}`);
  context.note(
    [
      "",
      `Project ${name} is ready. Next:`,
      "  poststack plan     what would happen, and why",
      `  poststack apply    Postgres on port ${ports.postgres}, the first migration, and http://127.0.0.1:${ports.web}`,
      "  poststack watch    the same on every change of a file",
    ].join("\n"),
  );
  return exitCode.done;
}

const grammar = /^[a-z0-9][a-z0-9-]{0,30}$/;

function checkedName(name: string): string {
  if (grammar.test(name)) return name;
  throw new PoststackError("USAGE", {
    what: `${JSON.stringify(name)} is no project name`,
    next: "use small letters, digits and hyphens, at most 31, beginning with a letter or digit",
  });
}

/** A folder's name made to fit: `My Shop` → `my-shop`. */
function nameFrom(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 31)
    .replace(/-+$/, "");
  return name === "" ? "project" : name;
}

/** The port is written into the file, so it is looked for once and never guessed again. */
async function freePort(use: keyof typeof firstPorts, { world, log }: Context): Promise<number> {
  const { host } = world.openEngine(world.cwd, "dev", log);
  const first = firstPorts[use];
  for (let port = first; port < first + triedPorts; port++) {
    if ((await host.portHolder("127.0.0.1", port, world.signal)) === undefined) return port;
  }
  return first;
}

const exists = (paths: readonly string[]): PoststackError =>
  new PoststackError("FILE_EXISTS", {
    what: `${paths.join(", ")} ${paths.length === 1 ? "exists" : "exist"}; nothing was written`,
    next: `give --force to overwrite, or start in another folder (a ${configFileName} is there already?)`,
  });
