import type { Path } from "../../../../controller/config/source.ts";

/** A value that remembers what of it was read, and says what was not. */
export interface Watched<T> {
  readonly value: T;
  /** Paths of texts, numbers and switches that nobody has looked at. */
  readonly unread: () => readonly Path[];
}

export function watched<T extends object>(value: T): Watched<T> {
  const read = new Set<string>();
  return { value: wrap(value, [], read), unread: () => leaves(value, []).filter((path) => !read.has(key(path))) };
}

const key = (path: Path): string => JSON.stringify(path.map(String));
const isWhole = (value: unknown): value is object =>
  typeof value === "object" && value !== null && (Array.isArray(value) || value instanceof Map || isPlain(value));
const isPlain = (value: object): boolean =>
  [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);

function wrap<T>(value: T, path: Path, read: Set<string>): T {
  if (!isWhole(value)) {
    read.add(key(path));
    return value;
  }
  if (value instanceof Map) return wrapMap(value, path, read) as T;
  return new Proxy(value, {
    get: (target, name, receiver): unknown => {
      const found: unknown = Reflect.get(target, name, receiver);
      return typeof name === "symbol" || typeof found === "function" || name === "length"
        ? found
        : wrap(found, [...path, name], read);
    },
  });
}

/** A map whose values are wrapped when they are asked for, one by one or all at once. */
function wrapMap(map: ReadonlyMap<unknown, unknown>, path: Path, read: Set<string>): ReadonlyMap<unknown, unknown> {
  const value = (name: unknown): unknown =>
    map.has(name) ? wrap(map.get(name), [...path, String(name)], read) : undefined;
  return new Proxy(map, {
    get(target, name): unknown {
      if (name === "get") return value;
      if (name === "values") return () => [...target.keys()].map(value).values();
      if (name === "entries" || name === Symbol.iterator)
        return () => [...target.keys()].map((one) => [one, value(one)]).values();
      const found: unknown = Reflect.get(target, name, target);
      return typeof found === "function" ? (found.bind(target) as unknown) : found;
    },
  });
}

function leaves(value: unknown, path: Path): readonly Path[] {
  if (!isWhole(value)) return [path];
  const entries: readonly (readonly [unknown, unknown])[] = value instanceof Map ? [...value] : Object.entries(value);
  return entries.flatMap(([name, one]) => leaves(one, [...path, String(name)]));
}
