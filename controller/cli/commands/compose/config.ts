import { dirname, parse, resolve } from "node:path";
import { findComposeFiles } from "../../../config/compose/find.ts";
import { loadCompose } from "../../../config/compose/load.ts";
import type { LoadedCompose } from "../../../config/compose/loaded.ts";
import type { ComposeProject } from "../../../config/compose/model.ts";
import { composeDocument } from "../../../config/compose/print.ts";
import { readVariables } from "../../../config/compose/project-env.ts";
import type { ComposeWarning } from "../../../config/compose/report.ts";
import { renderPlace } from "../../../core/place.ts";
import type { Files } from "../../../core/ports/files.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import type { Invocation, Options } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Shows what Compose files say. Warnings go to standard error, errors are thrown. */
export async function composeConfigCommand({ options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const { project, warnings } = load(options, context);
  for (const warning of warnings) context.note(render(warning, context));
  if (options.flag("quiet")) return exitCode.done;

  const list = lists.find(([flag]) => options.flag(flag));
  if (list !== undefined) {
    const names = list[1](project);
    if (context.json) printJson(context, names);
    else for (const name of names) context.print(name);
    return exitCode.done;
  }
  const document = composeDocument(project);
  if (context.json || options.text("format") === "json") {
    printJson(context, document);
    return exitCode.done;
  }
  const { stringify } = await import("yaml");
  // Version 1.1 puts quotes around what an older reader would take for something else: `yes`, `012`.
  context.print(stringify(document, { lineWidth: 0, version: "1.1", aliasDuplicateObjects: false }).trimEnd());
  return exitCode.done;
}

function load(options: Options, { world, envFiles }: Context): LoadedCompose {
  const { cwd, shell } = world;
  // What the person who types this may read, the files that they name may name (RELIABILITY 39 is for deployments).
  const files: Files = { ...world.openFiles(parse(cwd).root), root: cwd };
  const directory = options.text("projectDirectory");
  const folder = directory === undefined ? cwd : resolve(cwd, directory);
  const named = options.list("file").map((path) => resolve(cwd, path));
  const given = envFiles.length === 0 ? undefined : envFiles.map((path) => ({ path }));
  const composeFiles =
    named.length > 0 ? named : findComposeFiles(folder, readVariables(files, folder, given, shell), world.exists);
  const name = options.text("projectName");
  return loadCompose({
    files,
    composeFiles,
    directory: directory === undefined ? dirname(composeFiles[0] ?? folder) : folder,
    profiles: options.list("profile"),
    shell,
    refusesUnsupported: false,
    ...(envFiles.length === 0 ? {} : { envFiles }),
    ...(name === undefined ? {} : { name }),
  });
}

function render({ what, where, next }: ComposeWarning, { paintError }: Context): string {
  const lines = [`${paintError("change", "warning")}: ${what}`, `  at ${renderPlace(where)}`];
  return [...lines, ...(next === undefined ? [] : [`  next: ${next}`])].join("\n");
}

type List = (project: ComposeProject) => readonly string[];

/** What can be asked for alone, by its option. */
const lists: readonly (readonly [string, List])[] = [
  ["services", ({ services }) => [...services.keys()].sort()],
  ["volumes", ({ volumes }) => [...volumes.keys()].sort()],
  [
    "profiles",
    ({ services, inactive }) => {
      const active = [...services.values()].flatMap(({ profiles = [] }) => profiles);
      return [...new Set([...active, ...[...inactive.values()].flat()])].sort();
    },
  ],
  [
    "images",
    ({ services, name }) =>
      [...new Set([...services].map(([service, { image }]) => image ?? `${name}-${service}`))].sort(),
  ],
];
