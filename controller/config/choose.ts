import { fileStart } from "../core/place.ts";
import { PoststackError } from "../core/errors.ts";
import type { EnvironmentSource, ProjectSource } from "./source.ts";
import { didYouMean } from "./suggest.ts";

/**
 * The environment that a command means: the named one, else the project's default, else the only one.
 *
 * @throws PoststackError `ENVIRONMENT_UNKNOWN`
 */
export function chooseEnvironment(project: ProjectSource, name: string | undefined): EnvironmentSource {
  const names = usableNames(project);
  const wanted = name ?? project.defaultEnvironment ?? (names.length === 1 ? names[0] : undefined);
  if (wanted === undefined) {
    throw new PoststackError("ENVIRONMENT_UNKNOWN", {
      what: names.length === 0 ? "there are only templates" : "no environment is named, and there are several",
      where: project.placeOf(["environments"]),
      next: names.length === 0 ? unusable : `name one of ${names.join(", ")}, or set \`project.default_environment\``,
    });
  }
  const environment = project.environments.get(wanted);
  if (environment !== undefined && !environment.template) return environment;
  throw new PoststackError("ENVIRONMENT_UNKNOWN", {
    what: environment
      ? `\`${wanted}\` is a template, which is only there to be extended`
      : `no environment \`${wanted}\`${didYouMean(wanted, names)}`,
    // A name of the command line stands nowhere in the file.
    where: name === undefined ? project.placeOf(["project", "default_environment"]) : fileStart(project.fileName),
    next: names.length === 0 ? unusable : `name one of ${names.join(", ")}`,
  });
}

const unusable = "add an environment without `template`";

const usableNames = ({ environments }: ProjectSource): readonly string[] =>
  [...environments.values()].filter(({ template }) => !template).map(({ name }) => name);
