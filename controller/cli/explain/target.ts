import { chooseEnvironment } from "../../config/choose.ts";
import type { EnvironmentSource, ProjectSource } from "../../config/source.ts";
import { suggest } from "../../config/suggest.ts";
import { at, type Tree } from "../../config/tree.ts";
import { PoststackError } from "../../core/errors.ts";

/** What a name of the command line speaks of. */
export type Target =
  | { readonly type: "project"; readonly path: string }
  | {
      readonly type: "environment";
      readonly environment: EnvironmentSource;
      readonly path: string;
      /** The name says by itself that it is a key: `environments.dev.init`. */
      readonly isKey: boolean;
    };

/**
 * `project.migrations`, `environments.dev.postgres.port`, or a name within the environment that is chosen otherwise. A
 * template may be named, too: nothing is done to it. A note of the user's at the top of the file is found by its name
 * alone, unless an environment has one of that name.
 *
 * @param file the configuration file as it is written
 * @throws PoststackError `ENVIRONMENT_UNKNOWN`, `CONFIG_UNKNOWN_KEY`, `USAGE`
 */
export function targetOf(name: string, chosen: string | undefined, project: ProjectSource, file: Tree): Target {
  if (isNoteOfFile(name, project, file)) return { type: "project", path: name };
  const [, section, rest = ""] = /^(project|environments)(?:\.(.*)|$)/s.exec(name) ?? [];
  if (section === "project") return { type: "project", path: name };
  if (section === undefined) {
    const named = chosen === undefined ? undefined : project.environments.get(chosen);
    return { type: "environment", environment: named ?? chooseEnvironment(project, chosen), path: name, isKey: false };
  }
  const [, written = "", path = ""] = /^([^.[]*)\.?(.*)$/s.exec(rest) ?? [];
  const environment = project.environments.get(written);
  if (environment === undefined) throw unknownEnvironment(written, project);
  if (chosen !== undefined && chosen !== written) {
    throw new PoststackError("USAGE", {
      what: `${name} is a key of ${written}, and the environment ${chosen} is named, too`,
      next: `leave the environment out, or ask for \`${path}\` in ${chosen}`,
    });
  }
  return { type: "environment", environment, path, isKey: true };
}

function isNoteOfFile(name: string, { environments }: ProjectSource, file: Tree): boolean {
  const [note] = /^x-[^.[]*/.exec(name) ?? [];
  if (note === undefined || at(file, [note]) === undefined) return false;
  return [...environments.keys()].every((one) => at(file, ["environments", one, note]) === undefined);
}

function unknownEnvironment(written: string, project: ProjectSource): PoststackError {
  const names = [...project.environments.keys()];
  const meant = suggest(written, names);
  return new PoststackError("CONFIG_UNKNOWN_KEY", {
    what: written === "" ? "no environment is named" : `no key \`${written}\` in \`environments\``,
    where: project.placeOf(["environments"]),
    next: meant === undefined ? `known are ${names.join(", ")}` : `did you mean \`environments.${meant}\`?`,
  });
}
