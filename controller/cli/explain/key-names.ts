import { environmentKey, projectKey, type Key } from "../../../schema/generated/keys.ts";
import { isNote, environmentShape } from "../../config/shape.ts";
import type { Path } from "../../config/source.ts";
import { at, renderPath, type Tree } from "../../config/tree.ts";

/** What `config explain` can be asked: the variables of the file, what its environments write, what they could write. */
export function explainableNames(file: Tree): readonly string[] {
  const environments = at(file, ["environments"]);
  const trees = environments?.type === "map" ? [...environments.entries.values()].map(({ tree }) => tree) : [];
  const variables = trees.flatMap((tree) => namesIn(at(tree, ["variables"])));
  const written = trees.flatMap((tree) => writtenPaths(tree));
  const known = Object.entries(environmentKey.keys ?? {}).flatMap(([name, key]) => [[name], ...pathsIn(key, [name])]);
  const project = pathsIn(projectKey, ["project"]);
  return [...new Set([...variables, ...[...written, ...known, ...project].map(renderPath)])];
}

const namesIn = (tree: Tree | undefined): readonly string[] => (tree?.type === "map" ? [...tree.entries.keys()] : []);

const pathsIn = ({ keys = {} }: Key, around: Path): readonly Path[] =>
  Object.keys(keys).map((name) => [...around, name]);

/** Without the user's own notes. */
function writtenPaths(tree: Tree, around: Path = []): readonly Path[] {
  if (tree.type === "scalar") return [];
  const inner: readonly (readonly [string | number, Tree])[] =
    tree.type === "list"
      ? tree.items.map((item, index) => [index, item] as const)
      : Array.from(tree.entries, ([name, entry]) => [name, entry.tree] as const);
  return inner.flatMap(([step, part]) => {
    if (around.length === 0 && isNote(environmentShape, String(step))) return [];
    return [[...around, step], ...writtenPaths(part, [...around, step])];
  });
}
