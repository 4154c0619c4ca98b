import { errorsOf, PoststackError } from "../core/errors.ts";
import { limitError, limits } from "./limits.ts";
import { resolvePlain } from "./scalar.ts";
import { inside, isNote, type Shape } from "./shape.ts";
import type { Path } from "./source.ts";
import type { MapTree, Scalar, Tree } from "./tree.ts";
import type { Written } from "./variables.ts";

export type Plain = null | boolean | number | string | undefined | readonly Plain[] | { readonly [key: string]: Plain };

export interface Materialised {
  readonly value: Plain;
  readonly errors: readonly PoststackError[];
  /** What only this environment's use meets: variables without a value. */
  readonly obstacles: readonly PoststackError[];
  /** Paths whose value is not known because of them. */
  readonly unknown: readonly Path[];
  /** Texts that variables went into: they may hold what nobody should see in a message. */
  readonly filled: ReadonlySet<Scalar>;
  /** Takes the keys that count as not written out of `value`: only the validator needs to see them. */
  readonly tidy: () => void;
}

/**
 * A tree as the plain value that a program works with: variables put in, notes left out, maps without prototype.
 *
 * @throws PoststackError `CONFIG_LIMIT`
 */
export function materialise(root: Tree, shape: Shape, interpolate: (written: Written) => string): Materialised {
  const errors: PoststackError[] = [];
  const obstacles: PoststackError[] = [];
  const unknown: Path[] = [];
  const filled = new Set<Scalar>();
  const empty: (() => void)[] = [];
  let values = 0;

  function plain(tree: Tree, own: Shape, path: Path): Plain {
    if (++values > limits.values) throw limitError(`more than ${limits.values} values`, tree.place);
    if (tree.type === "scalar") return scalar(tree, own, path);
    if (tree.type === "list") return tree.items.map((item, index) => plain(item, inside(own, index), [...path, index]));
    return map(tree, own, path);
  }

  function map(tree: MapTree, own: Shape, path: Path): Plain {
    const result = Object.create(null) as { [key: string]: Plain };
    for (const [key, entry] of tree.entries) {
      if (isNote(own, key)) continue;
      const value = plain(entry.tree, inside(own, key), [...path, key]);
      if (value !== null && value !== undefined) {
        result[key] = value;
      } else if (own.nameAlone === true && value === null) {
        result[key] = Object.create(null) as { [key: string]: Plain };
      } else if (own.open !== true) {
        result[key] = undefined;
        empty.push(() => delete result[key]);
      }
    }
    return result;
  }

  function scalar(tree: Scalar, { leaf }: Shape, path: Path): Plain {
    if (leaf === "raw") return tree.plain && tree.value === null ? null : tree.text;
    const written = leaf === "text" || typeof tree.value === "string";
    if (!written || !tree.text.includes("$")) return leaf === "text" && tree.value !== null ? tree.text : known(tree);
    const text = attempt(tree, path);
    if (text === undefined) return undefined;
    filled.add(tree);
    if (!tree.plain) return text;
    const value = resolvePlain(text);
    return leaf === "text" && value !== null ? text : value;
  }

  function attempt({ text, place }: Scalar, path: Path): string | undefined {
    try {
      return interpolate({ text, place });
    } catch (thrown) {
      for (const error of errorsOf(thrown)) {
        (isWaiting(error) ? obstacles : errors).push(error);
      }
      unknown.push(path);
      return undefined;
    }
  }

  function known(tree: Scalar): Plain {
    if (typeof tree.value !== "number" || !Number.isInteger(tree.value) || Number.isSafeInteger(tree.value)) {
      return tree.value;
    }
    const what = `${tree.text} is larger than a number can be without losing digits`;
    errors.push(
      new PoststackError("CONFIG_TYPE", { what, where: tree.place, next: "put it in quotes to make it text" }),
    );
    return tree.value;
  }

  const value = plain(root, shape, []);
  return {
    value,
    errors,
    obstacles,
    unknown,
    filled,
    tidy: () => {
      for (const remove of empty) remove();
    },
  };
}

/** Waits for a variable: the file is in order all the same when another environment's variables are not set here. */
export const isWaiting = ({ code }: PoststackError): boolean =>
  code === "VARIABLE_UNDEFINED" || code === "VARIABLE_REQUIRED";
