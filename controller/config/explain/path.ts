import type { Key } from "../../../schema/generated/keys.ts";
import { PoststackError } from "../../core/errors.ts";
import { knownNames } from "../known-names.ts";
import type { Plain } from "../materialise.ts";
import { isNote } from "../shape.ts";
import type { Path } from "../source.ts";
import { suggest } from "../suggest.ts";
import { at, placeOf, renderPath, type Entry, type Tree } from "../tree.ts";
import { keyInside, shapeAt } from "./keys.ts";

/** What a path can lead through: what there is, and what could be. */
export interface Ground {
  readonly value: Plain;
  readonly key: Key;
  /** What the file has, for places. */
  readonly entry: Entry;
  /** In front of every path: `environments.dev`. */
  readonly name: string;
}

/**
 * `postgres.roles.reporting`, `init[0].run[1]`, `parameters["auto_explain.log_analyze"]` as a path. A name with dots in
 * it is found without quotes, too: the longest one that is there is meant.
 *
 * @throws PoststackError `CONFIG_UNKNOWN_KEY`
 */
export function findPath(text: string, ground: Ground): Path {
  const path: (string | number)[] = [];
  let { value } = ground;
  let key: Key | undefined = ground.key;
  for (let rest = text; rest !== "";) {
    const notes = notesAt(ground.entry.tree, path);
    const [step, length] = nextStep(rest, [...stepsOf(value, key), ...notes]);
    const isThere = isKnown(step, value, key) || notes.includes(String(step));
    if (!isThere) throw unknown(step, path, value, key, ground);
    path.push(step);
    key = keyInside(key, step);
    value = ownOf(value, step);
    rest = rest.slice(length);
  }
  return path;
}

/** The user's own keys: nobody looks at them, so there is no value of them. */
function notesAt(root: Tree, path: Path): readonly string[] {
  const tree = at(root, path);
  if (tree?.type !== "map") return [];
  const isInside = path.some((step, index) => isNote(shapeAt(path.slice(0, index)), String(step)));
  return [...tree.entries.keys()].filter((name) => isInside || isNote(shapeAt(path), name));
}

/** Names that can stand under a part: those that do, and those that the schema has. */
const stepsOf = (value: Plain, key: Key | undefined): readonly string[] => [
  ...new Set([...(isMap(value) ? Object.keys(value) : []), ...Object.keys(key?.keys ?? {})]),
];

const isMap = (value: Plain): value is { readonly [key: string]: Plain } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isKnown = (step: string | number, value: Plain, key: Key | undefined): boolean =>
  typeof step === "number" ? Array.isArray(value) && step < value.length : stepsOf(value, key).includes(step);

function ownOf(value: Plain, step: string | number): Plain {
  if (Array.isArray(value)) return (value as readonly Plain[])[Number(step)];
  return isMap(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

/** The step that a text begins with, and how much of the text it is, with the dot behind it. */
function nextStep(text: string, names: readonly string[]): readonly [string | number, number] {
  const [bracket, index, , quoted] = /^\[(?:(\d{1,9})|(["'])(.*?)\2)\]\.?/.exec(text) ?? [];
  if (bracket !== undefined) return [index === undefined ? (quoted ?? "") : Number(index), bracket.length];
  const fits = names.filter(
    (name) => text === name || (text.startsWith(name) && ".[".includes(text[name.length] ?? "")),
  );
  const name = fits.sort((a, b) => b.length - a.length)[0] ?? /^[^.[]*/.exec(text)?.[0] ?? "";
  // What does not parse, such as `a[x]`, is a name that nothing has.
  const whole = name === "" ? text : name;
  return [whole, whole.length + (text[whole.length] === "." ? 1 : 0)];
}

function unknown(
  step: string | number,
  path: Path,
  value: Plain,
  key: Key | undefined,
  { entry, name }: Ground,
): PoststackError {
  const around = renderPath([name, ...path]);
  const names = stepsOf(value, key);
  const meant = suggest(String(step), names);
  const count = Array.isArray(value) ? value.length : 0;
  return new PoststackError("CONFIG_UNKNOWN_KEY", {
    what: typeof step === "number" ? `\`${around}\` has no item [${step}]` : `no key \`${step}\` in \`${around}\``,
    where: placeOf(entry.tree, entry.place, path),
    next:
      meant !== undefined
        ? `did you mean \`${renderPath([...path, meant])}\`?`
        : count > 0
          ? `its items are [0] to [${count - 1}]`
          : knownNames(String(step), names),
  });
}
