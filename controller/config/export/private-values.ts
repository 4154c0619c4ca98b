import type { Text } from "../../core/secret.ts";
import { Secret } from "../../core/secret.ts";
import type { ComposeProject } from "../compose/model.ts";
import type { LoadedDeployment } from "../desired/compose/load.ts";
import type { Path } from "../source.ts";

export interface WithReferences {
  readonly project: ComposeProject;
  /** What the names that are new stand for: values that no variable had. */
  readonly added: ReadonlyMap<string, Text>;
}

/** A shorter value is found by accident in any text. */
const shortest = 4;

/**
 * What people keep in the shell and in env files is no secret by its name, and may be one all the same: wherever it got to,
 * the name stands for it, as in the file that it came from. A value that has none, since it came out of a service's own
 * env file, gets one: `WEB_API_KEY`.
 *
 * @param values by the names that the files may use
 */
export function withReferences(
  { project, isPrivate, sourcesAt }: Pick<LoadedDeployment, "project" | "isPrivate" | "sourcesAt">,
  values: ReadonlyMap<string, Text>,
): WithReferences {
  const added = new Map<string, Text>();
  const nameFor = (path: Path, value: string): string => {
    const [, ...words] = path;
    const base = words.join("_").replace("_environment_", "_").replaceAll(/\W/g, "_").toUpperCase();
    for (let count = 1; ; count += 1) {
      const name = `${/^\d/.test(base) ? "_" : ""}${base}${count === 1 ? "" : `_${count}`}`;
      if (values.has(name) || (added.get(name) ?? value) !== value) continue;
      added.set(name, value);
      return name;
    }
  };
  const leaf = (text: string, path: Path): string => {
    if (text === "" || !isPrivate(path)) return text;
    const sources = [...sourcesAt(path)];
    const known = sources.flatMap((name) => {
      const value = values.get(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    const isVariable = path[2] === "environment";
    const named = known
      .filter((one): one is readonly [string, string] => !(one[1] instanceof Secret))
      .filter(([, value]) => value.length >= (isVariable ? 1 : shortest) || value === text)
      .toSorted(([, a], [, b]) => b.length - a.length)
      .reduce((all, [name, value]) => (value === "" ? all : outside(all, value, `«${name}»`)), text);
    // It came out of a file of its own.
    return isVariable && known.length < sources.length && named === text ? `«${nameFor(path, text)}»` : named;
  };
  const visit = (value: unknown, path: Path): unknown => {
    if (typeof value === "string") return leaf(value, path);
    if (Array.isArray(value)) return value.map((item: unknown, index) => visit(item, [...path, index]));
    if (value instanceof Map)
      return new Map(
        [...(value as ReadonlyMap<string, unknown>)].map(([key, one]) => [key, visit(one, [...path, key])]),
      );
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, visit(one, [...path, key])]));
  };
  const services = visit(project.services, ["services"]) as ComposeProject["services"];
  return { project: { ...project, services }, added };
}

/** Replaces what is not already a name. */
const outside = (text: string, value: string, name: string): string =>
  text
    .split(/(«\w+»)/)
    .map((part) => (/^«\w+»$/.test(part) ? part : part.replaceAll(value, () => name)))
    .join("");
