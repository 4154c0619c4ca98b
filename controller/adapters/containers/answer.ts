// What an engine answers is input: each of these takes any value and gives one of the type asked for, or nothing, so that
// one odd object never ends a pass (RELIABILITY 3).

export type Json = Readonly<Record<string, unknown>>;

export const object = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const texts = (value: unknown): readonly string[] =>
  list(value).filter((entry): entry is string => typeof entry === "string");

export const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Engines write an empty text, a zero or an empty list where there is nothing. */
export const someText = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

export const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

export const someNumber = (value: unknown): number | undefined => {
  const found = number(value);
  return found === 0 ? undefined : found;
};

export const someTexts = (value: unknown): readonly string[] | undefined => {
  const found = texts(value);
  return found.length === 0 ? undefined : found;
};

/** True or nothing: no engine tells "false" from "not asked for". */
export const flag = (value: unknown): true | undefined => (value === true ? true : undefined);

export function textMap(value: unknown): ReadonlyMap<string, string> {
  const json = object(value);
  const found = new Map<string, string>();
  // By keys: an engine lists a dozen labels of each of its containers.
  for (const key of Object.keys(json)) {
    const entry = json[key];
    if (typeof entry === "string") found.set(key, entry);
  }
  return found;
}

export const someTextMap = (value: unknown): ReadonlyMap<string, string> | undefined => {
  const found = textMap(value);
  return found.size === 0 ? undefined : found;
};

/** `NAME=value` lines. */
export const assignments = (value: unknown): ReadonlyMap<string, string> =>
  new Map(
    texts(value).map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );

/** Go writes the year 1 where there is no time. */
export const date = (value: unknown): Date | undefined => {
  const at = new Date(text(value));
  return Number.isNaN(at.getTime()) || at.getUTCFullYear() <= 1 ? undefined : at;
};

/** Without the keys whose value is undefined: what JSON leaves out, and `exactOptionalPropertyTypes` wants absent. */
export function present<T extends object>(entries: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as never;
}
