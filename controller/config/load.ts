import { relative, resolve } from "node:path";
import type { PoststackConfig } from "../../schema/generated/config.ts";
import { schemas, validateFile } from "../../schema/generated/validate.js";
import { PoststackError, PoststackErrors } from "../core/errors.ts";
import { fileStart } from "../core/place.ts";
import type { Files } from "../core/ports/files.ts";
import { chooseEnvironment } from "./choose.ts";
import { findClashes } from "./clashes.ts";
import { collect } from "./collect.ts";
import { unreadableFiles } from "./deploy-files.ts";
import { readMigrationFolder } from "./migration-folder.ts";
import { readEnvFiles, type EnvFile } from "./env-files.ts";
import { byPlace, readEnvironment, writtenVariables, type ReadEnvironment } from "./environment.ts";
import { extendAll } from "./extends.ts";
import { limits } from "./limits.ts";
import { isWaiting, materialise } from "./materialise.ts";
import { environmentEntries, outline } from "./outline.ts";
import type { EnvironmentSource, ProjectSource } from "./source.ts";
import { placeOf, type Entry } from "./tree.ts";
import { validate } from "./validate.ts";
import { variablesOf, type Written } from "./variables.ts";
import { parseYaml } from "./yaml.ts";

export interface LoadOptions {
  /** Rooted in the folder of the configuration file. */
  readonly files: Files;
  /** Absolute, or relative to that folder. */
  readonly configFile: string;
  readonly shell: ReadonlyMap<string, string>;
  /** Given on the command line, weakest first. */
  readonly envFiles?: readonly string[];
  /** The environment to be used; undefined: the default one. */
  readonly chosen?: string | undefined;
  /** Which environments must be usable, not only in order. Default: chosen */
  readonly usable?: "chosen" | "all" | "none";
}

/**
 * The configuration file, from bytes to validated environments.
 *
 * @throws PoststackErrors of everything that is wrong in any environment, sorted by place; then of what stands in the way
 *   of those that must be usable (`NOT_YET`, `VARIABLE_UNDEFINED`, `VARIABLE_REQUIRED`)
 * @throws PoststackError `ENVIRONMENT_UNKNOWN`, `FILE_MISSING`, `FILE_UNREADABLE`, `PATH_OUTSIDE`
 */
export function loadProject(options: LoadOptions): ProjectSource {
  const { files, configFile } = options;
  const from = fileStart(relative(files.root, resolve(files.root, configFile)));
  const bytes = files.readBytes(configFile, { limitBytes: limits.bytes, tooLarge: "CONFIG_LIMIT", from });
  return readProject(bytes, options);
}

/** The same from bytes that are at hand. Same errors. */
export function readProject(bytes: Buffer, options: LoadOptions): ProjectSource {
  const { files, usable = "chosen" } = options;
  const file = resolve(files.root, options.configFile);
  const fileName = relative(files.root, file);
  const tree = parseYaml(bytes, fileName);
  if (tree.type === "scalar" && tree.value === null) {
    throw new PoststackErrors([
      new PoststackError("CONFIG_TYPE", {
        what: "the file is empty",
        where: fileStart(fileName),
        next: "begin with `project: { name: … }` and `environments:`, or run `poststack init`",
      }),
    ]);
  }

  const {
    value,
    errors: early,
    tidy,
  } = materialise(outline(tree), { keys: { environments: { nameAlone: true } } }, same);
  const errors = [...early, ...validate(validateFile, schemas.file, { value, tree, place: fileStart(fileName) })];
  tidy();
  const entries = environmentEntries(tree);
  const extended = extendAll(entries);
  errors.push(...extended.errors);

  const environments = new Map<string, EnvironmentSource>();
  for (const [name, entry] of extended.environments) {
    const { source, errors: own } = readOne(name, entry, options);
    environments.set(name, source);
    errors.push(...own);
  }
  if (errors.length > 0) throw sorted(errors);

  const { project } = value as unknown as PoststackConfig;
  const source: ProjectSource = {
    file,
    fileName,
    root: files.root,
    name: project.name,
    ...(project.default_environment === undefined ? {} : { defaultEnvironment: project.default_environment }),
    ...readMigrationFolder(project.migrations),
    containers: project.containers ?? "./containers",
    environments,
    placeOf: (path) => placeOf(tree, fileStart(fileName), path),
  };
  checkTogether(source, files);
  if (usable !== "none") checkUsable(source, usable, options.chosen);
  return source;
}

const same = ({ text }: Written): string => text;

function readOne(name: string, entry: Entry, { files, shell, envFiles: given = [] }: LoadOptions): ReadEnvironment {
  const written = writtenVariables(entry.tree);
  // The way to the database is not known before `postgres:` is; here its names mean what the weaker layers say.
  const injected = new Map([["POSTSTACK_ENVIRONMENT", name]]);
  let envFiles: readonly EnvFile[] = [];
  const failures: PoststackError[] = [];
  collect(failures, () => (envFiles = readEnvFiles(files, name, given, shell)));
  const variables = variablesOf({ injected, written, shell, envFiles });
  const { source, errors } = readEnvironment(name, entry, (text) => String(variables.interpolate(text).value));
  if (failures.length === 0) return { source, errors };
  // Without the env file, every variable that it holds seems to be missing: that would be told twice.
  const other = source.obstacles.filter((error) => !isWaiting(error));
  return {
    source: { ...source, obstacles: [...failures.filter(isWaiting), ...other].sort(byPlace) },
    errors: [...failures.filter((error) => !isWaiting(error)), ...errors],
  };
}

/** What can only be seen when every environment is in order by itself. */
function checkTogether(project: ProjectSource, files: Files): void {
  const errors = [...findClashes(project.environments.values(), project.name)];
  if (project.defaultEnvironment !== undefined) collect(errors, () => chooseEnvironment(project, undefined));
  for (const environment of project.environments.values()) {
    if (!environment.template) errors.push(...unreadableFiles(environment, files));
  }
  if (errors.length > 0) throw sorted(errors);
}

function checkUsable(project: ProjectSource, usable: "chosen" | "all", chosen: string | undefined): void {
  const environments = usable === "all" ? [...project.environments.values()] : [chooseEnvironment(project, chosen)];
  const obstacles = environments.flatMap((environment) => (environment.template ? [] : environment.obstacles));
  if (obstacles.length > 0) throw sorted(obstacles);
}

/** By place, and none twice: what one environment hands down to others is one mistake. */
function sorted(errors: readonly PoststackError[]): PoststackErrors {
  const unique = new Map(
    errors.map((error) => [JSON.stringify([error.code, error.message, error.facts.where]), error]),
  );
  return new PoststackErrors([...unique.values()].sort(byPlace));
}
