import { basename, dirname, resolve } from "node:path";
import { chooseEnvironment } from "../config/choose.ts";
import { composeRecall } from "../config/compose/recall/recall.ts";
import { loadDesired } from "../config/desired/load.ts";
import type { DesiredOptions } from "../config/desired/options.ts";
import { recordFiles } from "../config/desired/sources.ts";
import { findConfig } from "../config/find.ts";
import { loadProject, type LoadOptions } from "../config/load.ts";
import { migrationsOf } from "../config/migration-folder.ts";
import type { ProjectSource } from "../config/source.ts";
import { PoststackError } from "../core/errors.ts";
import { fileStart, renderPlace, type Place } from "../core/place.ts";
import type { Files } from "../core/ports/files.ts";
import type { EnginePorts, LoadDesired } from "../engine/converge.ts";
import type { Context } from "./context.ts";
import { withGivenFiles } from "./given-files.ts";
import { hostPlaces } from "./host-places.ts";

/** The configuration of the project that a command works in. */
export interface OpenedProject {
  readonly project: ProjectSource;
  readonly files: Files;
  readonly root: string;
}

/** One environment, ready for the engine. */
export interface OpenedEnvironment extends OpenedProject {
  readonly environment: string;
  readonly isProtected: boolean;
  /** A command asked for the end of something, such as `env stop`; else the files say what is wanted. */
  readonly endsByCommand: boolean;
  readonly ports: EnginePorts;
  /** Reads files and state afresh at every call. */
  readonly load: LoadDesired;
  /** Keeps what the first load found in texts, for the next run. */
  readonly remember: () => void;
  /** Every file and folder that the last load asked for, absolute, also when it failed. */
  readonly sources: () => readonly string[];
}

type Reading = Pick<LoadOptions, "chosen" | "usable">;

/**
 * Reads the configuration: `--file`, else the nearest `.poststack.yml` from `--project-dir` or here upwards.
 *
 * @throws PoststackErrors of everything that is wrong with it
 */
export function openProject(context: Context, reading: Reading = { usable: "none" }): OpenedProject {
  const { files, read } = projectReader(context, reading);
  return { project: read(files), files, root: files.root };
}

export interface OpeningOptions {
  /** The first load does not read migrations that are known from an earlier run; every later one does. */
  readonly recall?: boolean;
}

/**
 * One environment with what the engine needs for it.
 *
 * @param name undefined: the project's default, else its only one
 * @throws PoststackErrors of everything that is wrong with the configuration; `ENVIRONMENT_UNKNOWN`
 */
export function openEnvironment(
  context: Context,
  name: string | undefined,
  options: DesiredOptions = {},
  opening: OpeningOptions = {},
): OpenedEnvironment {
  const { world, envFiles, log } = context;
  const { files, read } = projectReader(context, { chosen: name, usable: "chosen" });
  let recording = recordFiles(files);
  const project = read(recording.files);
  const chosen = chooseEnvironment(project, name);
  const ports = world.openEngine(files.root, chosen.name, log);
  const startedAt = new Date();
  const warned = new Set<string>();
  const texts =
    opening.recall === true ? world.openTextCache(files.root, migrationsOf(project, chosen).migrations) : undefined;
  const compose = composeRecall(world.build, world.composeCache);
  let first: ProjectSource | undefined = project;

  const warn = (what: string, where: Place): void => {
    const line = `warning: ${what}\n  at ${renderPlace(where)}`;
    if (!warned.has(line)) context.note(line);
    warned.add(line);
  };
  const load: LoadDesired = async (begin) => {
    // What was read to get here is as fresh as the first pass needs it.
    const isFirst = first !== undefined;
    if (!isFirst) recording = recordFiles(files);
    const now = first ?? read(recording.files);
    first = undefined;
    const desired = await loadDesired(
      {
        project: now,
        environment: chooseEnvironment(now, chosen.name),
        files: recording.files,
        texts: isFirst ? texts : undefined,
        recall: compose,
        state: ports.state,
        secrets: world.secrets,
        shell: world.shell,
        envFiles,
        startedAt,
        warn,
      },
      options,
      begin,
    );
    const engine = hostPlaces(desired).length === 0 ? undefined : world.farEngine();
    if (engine !== undefined) for (const { what, where } of hostPlaces(desired)) warn(what(engine), where);
    return desired;
  };
  return {
    project,
    files,
    root: files.root,
    environment: chosen.name,
    isProtected: chosen.config.protected === true,
    endsByCommand: (options.to ?? "running") !== "running",
    ports,
    load,
    remember() {
      texts?.save();
      compose.save();
    },
    sources: () => recording.sources(),
  };
}

interface ProjectReader {
  readonly files: Files;
  readonly read: (through: Files) => ProjectSource;
}

function projectReader(context: Context, reading: Reading): ProjectReader {
  const { world, envFiles } = context;
  const configFile = configFileOf(context);
  const files = withGivenFiles(world.openFiles(dirname(configFile)), envFiles, world.openFiles);
  const options = { configFile: basename(configFile), shell: world.shell, envFiles, ...reading };
  return { files, read: (through) => loadProject({ ...options, files: through }) };
}

function configFileOf({ world, file, projectDir }: Context): string {
  const folder = resolve(world.cwd, projectDir ?? ".");
  if (file === undefined) return findConfig(folder, world.exists);
  const path = resolve(folder, file);
  if (world.exists(path)) return path;
  throw new PoststackError("CONFIG_MISSING", {
    what: `there is no file ${file}`,
    where: fileStart(path),
    next: "check --file and --project-dir",
  });
}
