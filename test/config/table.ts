import { projectFiles } from "../../controller/adapters/files.ts";
import { loadProject, type LoadOptions } from "../../controller/config/load.ts";
import type { ProjectSource } from "../../controller/config/source.ts";
import { PoststackError, PoststackErrors } from "../../controller/core/errors.ts";
import { renderPlace } from "../../controller/core/place.ts";
import { projectWith } from "../support/project.ts";

/** What a table shows of an error: `CODE file:line:column`. */
export function told(work: () => unknown): readonly string[] {
  return errorsIn(work).map(({ code, facts }) => (facts.where ? `${code} ${renderPlace(facts.where)}` : code));
}

/** The errors of Poststack that something throws; anything else is thrown on. */
export function errorsIn(work: () => unknown): readonly PoststackError[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof PoststackErrors) return error.errors;
    if (error instanceof PoststackError) return [error];
    throw error;
  }
}

/** Loads a project of these files; the configuration is the text. */
export function load(
  text: string | Buffer,
  options: Partial<LoadOptions> & { readonly beside?: Readonly<Record<string, string>> } = {},
): ProjectSource {
  const { beside = {}, ...rest } = options;
  const { root } = projectWith({ ...beside, ".poststack.yml": text });
  return loadProject({ files: projectFiles(root), configFile: ".poststack.yml", shell: new Map(), ...rest });
}

/** A file with one environment, `dev`, whose body begins in line 4 and column 5. */
export const dev = (body: string): string =>
  `project: { name: app }\nenvironments:\n  dev:\n${body.replaceAll(/^(?=.)/gm, "    ")}\n`;
