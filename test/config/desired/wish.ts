import { join } from "node:path";
import { fileState } from "../../../controller/adapters/state.ts";
import { secretSources } from "../../../controller/adapters/secret-sources.ts";
import { loadDesired } from "../../../controller/config/desired/load.ts";
import type { DesiredOptions, DesiredSource } from "../../../controller/config/desired/options.ts";
import { loadProject } from "../../../controller/config/load.ts";
import { PoststackError, PoststackErrors } from "../../../controller/core/errors.ts";
import { renderPlace } from "../../../controller/core/place.ts";
import type { Desired } from "../../../controller/resources/index.ts";
import type { Outline } from "../../../controller/resources/outline.ts";
import { projectWith, type TestProject } from "../../support/project.ts";

export interface WishOptions extends DesiredOptions {
  readonly shell?: Readonly<Record<string, string>>;
  readonly envFiles?: readonly string[];
  readonly environment?: string;
  readonly warn?: DesiredSource["warn"];
  /** Told what is known before the texts of migrations are read. */
  readonly begin?: (outline: Outline) => void;
}

export const startedAt = new Date("2026-01-02T03:04:05Z");

/** Loads the configuration of a project folder, with its real files, state and secrets. */
export async function wishOf(project: TestProject, options: WishOptions = {}): Promise<Desired> {
  const { shell = {}, envFiles = [], environment = "dev", warn = () => undefined, begin, ...rest } = options;
  const shellMap = new Map(Object.entries(shell));
  const { files, root } = project;
  const source = loadProject({ files, configFile: ".poststack.yml", shell: shellMap, envFiles, chosen: environment });
  const chosen = source.environments.get(environment);
  if (chosen === undefined) throw new Error(`no environment ${environment}`);
  const state = fileState(join(root, ".poststack"), environment);
  return loadDesired(
    {
      project: source,
      environment: chosen,
      files,
      state,
      secrets: secretSources,
      shell: shellMap,
      envFiles,
      startedAt,
      warn,
    },
    rest,
    begin,
  );
}

/** A project of one environment, `dev`, whose body begins in line 4 and column 5 of the configuration. */
export const projectOf = (body: string, files: Readonly<Record<string, string | Buffer>> = {}): TestProject =>
  projectWith({ ...files, ".poststack.yml": configOf(body) });

export const configOf = (body: string): string =>
  `project: { name: my-app }\nenvironments:\n  dev:\n${body.replaceAll(/^(?=.)/gm, "    ")}\n`;

/** Makes the environment's owner token and secrets, as the engine does before the first action. */
export const ensureState = async (project: TestProject): Promise<void> => {
  const { secretNames } = await wishOf(project);
  fileState(join(project.root, ".poststack"), "dev").ensure(secretNames);
};

/** What a table shows of an error: `CODE file:line:column`. */
export async function told(work: Promise<unknown>): Promise<readonly string[]> {
  const errors = await errorsOf(work);
  return errors.map(({ code, facts }) => (facts.where ? `${code} ${renderPlace(facts.where)}` : code));
}

export async function errorsOf(work: Promise<unknown>): Promise<readonly PoststackError[]> {
  try {
    await work;
    return [];
  } catch (error) {
    if (error instanceof PoststackErrors) return error.errors;
    if (error instanceof PoststackError) return [error];
    throw error;
  }
}
