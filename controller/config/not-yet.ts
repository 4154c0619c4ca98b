import type { EnvironmentConfig, SecretReference } from "../../schema/generated/config.ts";
import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import type { Path } from "./source.ts";
import { renderPath } from "./tree.ts";

/** Everything that an environment asks for and this version cannot give: refused, because ignoring it would be a lie. */
export function notYet(config: EnvironmentConfig, where: (path: Path) => Place): readonly PoststackError[] {
  return wishes(config).map(([path, next]) => {
    const what = `this version cannot do \`${renderPath(path)}\` yet`;
    return new PoststackError("NOT_YET", { what, where: where(path), next });
  });
}

type Wish = readonly [path: Path, next: string];

const procfile = "remove it, or run the services as processes of a `procfile:`";
const remove = "remove it for now";

function wishes({ postgres = {}, init = [], deployment = {}, users = [], routes = [] }: EnvironmentConfig): Wish[] {
  const found: Wish[] = [];
  const when = (asked: boolean, path: Path, next: string): void => {
    if (asked) found.push([path, next]);
  };
  when(
    postgres.backup?.schedule !== undefined,
    ["postgres", "backup", "schedule"],
    "remove it, and let a timer run `poststack backup take`",
  );
  when(isAge(postgres.url), ["postgres", "url", "age"], "use `env`, `file` or `command`");
  when(isAge(postgres.password), ["postgres", "password", "age"], "use `env`, `file` or `command`");
  for (const [name, role] of Object.entries(postgres.roles ?? {})) {
    when(isAge(role.password), ["postgres", "roles", name, "password", "age"], "use `env`, `file` or `command`");
  }
  for (const [index, item] of init.entries()) {
    when(item.pod !== undefined, ["init", index, "pod"], "write the job as a command: `run: [...]`");
  }
  when(deployment.pod !== undefined, ["deployment", "pod"], procfile);
  when(users.length > 0, ["users"], remove);
  when(routes.length > 0, ["routes"], remove);
  return found;
}

const isAge = (secret: string | SecretReference | undefined): boolean =>
  typeof secret === "object" && secret.age !== undefined;
