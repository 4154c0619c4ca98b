import { PoststackError } from "../core/errors.ts";
import { limitError, limits } from "./limits.ts";
import { environmentShape, inside, type Shape } from "./shape.ts";
import { didYouMean } from "./suggest.ts";
import type { Entry, MapTree, Tree } from "./tree.ts";

export interface Extended {
  /** Every environment with what it extends merged in; one whose `extends` is wrong stands alone. */
  readonly environments: ReadonlyMap<string, Entry>;
  readonly errors: readonly PoststackError[];
}

/** What says something of one environment only and is not handed down. */
export const ownKeys: ReadonlySet<string> = new Set(["extends", "template"]);

/**
 * Works `extends` in: maps merge, everything else replaces.
 *
 * @throws PoststackError `CONFIG_LIMIT`
 */
export function extendAll(environments: MapTree): Extended {
  const errors: PoststackError[] = [];
  const done = new Map<string, Entry>();
  const open: string[] = [];
  let merged = 0;

  function extended(name: string, entry: Entry): Entry {
    const known = done.get(name);
    if (known !== undefined) return known;
    open.push(name);
    const base = baseOf(entry);
    const tree = base === undefined ? entry.tree : merge(without(base, ownKeys), entry.tree, environmentShape);
    open.pop();
    const result = { place: entry.place, tree };
    done.set(name, result);
    return result;
  }

  function baseOf({ tree }: Entry): Tree | undefined {
    const parent = tree.type === "map" ? tree.entries.get("extends")?.tree : undefined;
    // A value of another type is the validator's business.
    if (parent?.type !== "scalar" || typeof parent.value !== "string") return undefined;
    const entry = environments.entries.get(parent.value);
    if (entry !== undefined && !open.includes(parent.value)) return extended(parent.value, entry).tree;

    const circle = [...open.slice(open.indexOf(parent.value)), parent.value].join(" → ");
    const meant = didYouMean(parent.value, environments.entries.keys());
    errors.push(
      new PoststackError("CONFIG_EXTENDS", {
        what: entry
          ? `\`extends\` goes in a circle: ${circle}`
          : `no environment \`${parent.value}\` to extend${meant}`,
        where: parent.place,
        next: entry ? "let one of them stand for itself" : "name an environment of this file",
      }),
    );
    return undefined;
  }

  function merge(base: Tree, own: Tree, shape: Shape): Tree {
    if (own.type === "scalar" && own.plain && own.value === null) return base;
    if (base.type !== "map" || own.type !== "map") return own;
    const dropped = dropsOf(own, shape);
    const entries = new Map<string, Entry>();
    for (const [key, entry] of base.entries) if (!dropped.has(key)) entries.set(key, entry);
    for (const [key, entry] of own.entries) {
      const inherited = entries.get(key);
      const tree = inherited === undefined ? entry.tree : merge(inherited.tree, entry.tree, inside(shape, key));
      entries.set(key, tree === inherited?.tree ? inherited : { place: entry.place, tree });
    }
    merged += entries.size;
    if (merged > limits.values) throw limitError(`more than ${limits.values} values, \`extends\` followed`, own.place);
    return { type: "map", entries, place: own.place };
  }

  for (const [name, entry] of environments.entries) extended(name, entry);
  return { environments: done, errors };
}

/** The inherited keys that cannot stand beside what the environment itself writes. */
function dropsOf(own: MapTree, { alternatives = [] }: Shape): ReadonlySet<string> {
  const written = alternatives.some((key) => own.entries.has(key));
  // `key` is a part of the form `age`.
  return new Set(written ? [...alternatives, "key"].filter((key) => !own.entries.has(key)) : []);
}

function without(tree: Tree, keys: ReadonlySet<string>): Tree {
  if (tree.type !== "map") return tree;
  return { ...tree, entries: new Map([...tree.entries].filter(([key]) => !keys.has(key))) };
}
