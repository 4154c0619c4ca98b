import type { EnvironmentConfig, SecretReference } from "../../schema/generated/config.ts";
import { PoststackError } from "../core/errors.ts";
import { fileStart, type Place } from "../core/place.ts";
import type { Path } from "./source.ts";
import { at, placeOf, renderPath, type Tree } from "./tree.ts";

/** Everything that an environment asks for and this version cannot give: refused, because ignoring it would be a lie. */
export function notYet(config: EnvironmentConfig, where: (path: Path) => Place): readonly PoststackError[] {
  return wishes(config).map(([path, next]) => {
    const what = `this version cannot do \`${renderPath(path)}\` yet`;
    return new PoststackError("NOT_YET", { what, where: where(path), next });
  });
}

/** The same for what all environments share. */
export function notYetInProject(file: Tree, fileName: string): readonly PoststackError[] {
  const path = ["project", "containers"];
  if (at(file, path) === undefined) return [];
  const what = "this version cannot build images from `project.containers` yet";
  return [new PoststackError("NOT_YET", { what, where: placeOf(file, fileStart(fileName), path), next: remove })];
}

type Wish = readonly [path: Path, next: string];

const procfile = "remove it, or run the services as processes of a `procfile:`";
const remove = "remove it for now";

function wishes({ postgres = {}, init = [], deployment = {}, users = [], routes = [] }: EnvironmentConfig): Wish[] {
  const found: Wish[] = [];
  const when = (asked: boolean, path: Path, next: string): void => {
    if (asked) found.push([path, next]);
  };
  when(postgres.backup !== undefined, ["postgres", "backup"], remove);
  when(isAge(postgres.url), ["postgres", "url", "age"], "use `env`, `file` or `command`");
  when(isAge(postgres.password), ["postgres", "password", "age"], "use `env`, `file` or `command`");
  for (const [name, role] of Object.entries(postgres.roles ?? {})) {
    when(isAge(role.password), ["postgres", "roles", name, "password", "age"], "use `env`, `file` or `command`");
  }
  for (const [index, item] of init.entries()) {
    when(item.compose !== undefined, ["init", index, "compose"], "write the job as a command: `run: [...]`");
    when(item.pod !== undefined, ["init", index, "pod"], "write the job as a command: `run: [...]`");
  }
  when(deployment.pod !== undefined, ["deployment", "pod"], procfile);
  when(users.length > 0, ["users"], remove);
  when(routes.length > 0, ["routes"], remove);
  return found;
}

const isAge = (secret: string | SecretReference | undefined): boolean =>
  typeof secret === "object" && secret.age !== undefined;
