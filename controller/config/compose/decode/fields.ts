import type { ErrorCode } from "../../../core/errors.ts";
import { renderPath, type Tree } from "../../tree.ts";
import type { Path } from "../../source.ts";
import { bytesOf, durationMsOf } from "../quantities.ts";
import type { Report } from "../report.ts";
import { textOf } from "../scalar.ts";
import { booleanOf } from "../short/maps.ts";

/** The same object without the keys that have no value, and with types that say so. */
export type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

export function present<T extends object>(value: T): Present<T> {
  const kept: { [key: string]: unknown } = {};
  // By keys: of the thirty fields of a container few are given, and entries would make a list for each of them.
  for (const key of Object.keys(value)) {
    const one = (value as Readonly<Record<string, unknown>>)[key];
    if (one !== undefined) kept[key] = one;
  }
  return kept as Present<T>;
}

/**
 * The keys of a canonical map, read as what they are. A value of another type gives undefined and no word: the schema
 * has told that. A text that says no number, size or duration is told here.
 */
export class Fields {
  readonly #tree: Tree | undefined;
  readonly #path: Path;
  readonly #report: Report;

  constructor(tree: Tree | undefined, path: Path, report: Report) {
    this.#tree = tree;
    this.#path = path;
    this.#report = report;
  }

  /** In the order of the files. */
  keys(): readonly string[] {
    return this.#tree?.type === "map" ? [...this.#tree.entries.keys()] : [];
  }

  text(key: string): string | undefined {
    const tree = this.#at(key);
    return tree?.type === "scalar" && tree.value !== null ? textOf(tree) : undefined;
  }

  /** One of a few words. What is none of them is told by the schema. */
  word<Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    const text = this.text(key);
    return words.find((word) => word === text);
  }

  flag(key: string): boolean | undefined {
    return this.#read(key, booleanOf, "neither true nor false", "write `true` or `false`");
  }

  integer(key: string): number | undefined {
    return this.#read(key, integerOf, "no whole number", "write a whole number");
  }

  number(key: string): number | undefined {
    return this.#read(key, numberOf, "no number", "write a number");
  }

  /** A size; -1 is "unlimited". */
  bytes(key: string): number | undefined {
    const read = (text: string) => (text === "-1" ? -1 : (bytesOf(text) ?? integerOf(text)));
    return this.#read(key, read, "no size", "write bytes, or a number with b, k, m or g: 512m");
  }

  /** In milliseconds. */
  duration(key: string): number | undefined {
    const tree = this.#at(key);
    // A number alone has no unit: the schema has told that.
    if (tree?.type === "scalar" && typeof tree.value === "number") return undefined;
    return this.#read(key, durationMsOf, "no duration", "write a duration such as 30s, 1m30s or 500ms");
  }

  /** Permission bits: a number as it is, a text in octal. */
  mode(key: string): number | undefined {
    const tree = this.#at(key);
    if (tree?.type === "scalar" && typeof tree.value === "number") return tree.value;
    const read = (text: string) => (/^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined);
    return this.#read(key, read, "no file mode", "write it in octal: 0440");
  }

  texts(key: string): readonly string[] | undefined {
    const tree = this.#at(key);
    if (tree?.type !== "list") return undefined;
    return tree.items.flatMap((item) => (item.type === "scalar" && item.value !== null ? [textOf(item)] : []));
  }

  textMap(key: string): ReadonlyMap<string, string> | undefined {
    return this.map(key, (tree) => (tree?.type === "scalar" && tree.value !== null ? textOf(tree) : undefined));
  }

  /** With `null` for a key without a value. */
  nullableMap(key: string): ReadonlyMap<string, string | null> | undefined {
    return this.map(key, (tree) => (tree?.type !== "scalar" ? undefined : tree.value === null ? null : textOf(tree)));
  }

  list<T>(key: string, read: (fields: Fields) => T | undefined): readonly T[] | undefined {
    const tree = this.#at(key);
    if (tree?.type !== "list") return undefined;
    return tree.items.flatMap((item, index) => {
      const value = read(new Fields(item, [...this.#path, key, index], this.#report));
      return value === undefined ? [] : [value];
    });
  }

  map<T>(
    key: string,
    read: (tree: Tree, fields: Fields, name: string) => T | undefined,
  ): ReadonlyMap<string, T> | undefined {
    const tree = this.#at(key);
    if (tree?.type !== "map") return undefined;
    const found = new Map<string, T>();
    for (const [name, entry] of tree.entries) {
      const value = read(entry.tree, new Fields(entry.tree, [...this.#path, key, name], this.#report), name);
      if (value !== undefined) found.set(name, value);
    }
    return found;
  }

  /** A map with keys that are known; undefined where there is none. */
  one<T>(key: string, read: (fields: Fields) => T): T | undefined {
    const tree = this.#at(key);
    return tree?.type === "map" ? read(new Fields(tree, [...this.#path, key], this.#report)) : undefined;
  }

  /** Tells that a value, or this map as a whole, is wrong. */
  refuse(code: ErrorCode, key: string | undefined, what: string, next?: string): void {
    const tree = (key === undefined ? undefined : this.#at(key)) ?? this.#tree;
    if (tree !== undefined) this.#report.mistake(code, what, tree.place, next);
  }

  name(key?: string): string {
    return renderPath(key === undefined ? this.#path : [...this.#path, key]);
  }

  #at(key: string): Tree | undefined {
    return this.#tree?.type === "map" ? this.#tree.entries.get(key)?.tree : undefined;
  }

  #read<T>(key: string, read: (text: string) => T | undefined, what: string, next: string): T | undefined {
    const tree = this.#at(key);
    if (tree?.type !== "scalar" || tree.value === null) return undefined;
    const value = read(textOf(tree));
    if (value !== undefined) return value;
    this.#report.mistake(
      "CONFIG_TYPE",
      `\`${this.name(key)}\` is ${what}; found ${shown(tree.text)}`,
      tree.place,
      next,
    );
    return undefined;
  }
}

const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);

function integerOf(text: string): number | undefined {
  const value = /^[-+]?\d{1,16}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

const numberOf = (text: string): number | undefined =>
  /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined;
