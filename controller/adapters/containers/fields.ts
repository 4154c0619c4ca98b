import { flag, list, object, someNumber, someText, someTextMap, someTexts, type Json } from "./answer.ts";

/** How one value stands in the engine's JSON. `read` gives undefined for what the engine writes where nothing was asked. */
export interface Codec<T> {
  readonly write: (value: T) => unknown;
  readonly read: (json: unknown) => T | undefined;
}

/** Every field of a type, with its key in the engine's JSON: one table for both directions, complete or it does not compile. */
export type Fields<T> = { readonly [K in keyof T]-?: readonly [key: string, codec: Codec<Exclude<T[K], undefined>>] };

type AnyField = readonly [key: string, codec: Codec<unknown>];

export const writeFields = <T extends object>(fields: Fields<T>, values: T | undefined): Json =>
  Object.fromEntries(
    Object.entries(values ?? {}).flatMap(([name, value]) => {
      const field = (fields as Readonly<Record<string, AnyField>>)[name];
      return value === undefined || field === undefined ? [] : [[field[0], field[1].write(value)]];
    }),
  );

/** Undefined fields are left out. */
export const readFields = <T extends object>(fields: Fields<T>, json: Json): T =>
  Object.fromEntries(
    Object.entries<AnyField>(fields as unknown as Readonly<Record<string, AnyField>>).flatMap(
      ([name, [key, codec]]) => {
        const value = codec.read(json[key]);
        return value === undefined ? [] : [[name, value]];
      },
    ),
  ) as T;

/** The whole, unless nothing is in it. */
export const unlessEmpty = <T extends object>(value: T): T | undefined =>
  Object.keys(value).length === 0 ? undefined : value;

const same = (value: unknown): unknown => value;

export const asText: Codec<string> = { write: same, read: someText };
export const asFlag: Codec<boolean> = { write: same, read: flag };
export const asNumber: Codec<number> = { write: same, read: someNumber };
export const asTexts: Codec<readonly string[]> = { write: same, read: someTexts };
export const asMap: Codec<ReadonlyMap<string, string>> = {
  write: (value) => Object.fromEntries(value),
  read: someTextMap,
};

/** An engine's word for "nothing asked" beside zero and the empty text. */
export const except = <T>(codec: Codec<T>, ...nothing: readonly T[]): Codec<T> => ({
  write: codec.write,
  read: (json) => {
    const value = codec.read(json);
    return value === undefined || nothing.includes(value) ? undefined : value;
  },
});

/** Nanoseconds there, milliseconds here. */
export const asNanoseconds: Codec<number> = {
  write: (milliseconds) => Math.round(milliseconds * 1e6),
  read: (json) => {
    const value = someNumber(json);
    return value === undefined ? undefined : value / 1e6;
  },
};

/** A list of objects that have a path and a number: `[{ Path, Rate }]`. */
export const asPathMap = (key: string): Codec<ReadonlyMap<string, number>> => ({
  write: (value) => [...value].map(([path, entry]) => ({ Path: path, [key]: entry })),
  read: (json) => {
    const found = list(json).flatMap((entry): readonly (readonly [string, number])[] => {
      const path = someText(object(entry)["Path"]);
      return path === undefined ? [] : [[path, someNumber(object(entry)[key]) ?? 0]];
    });
    return found.length === 0 ? undefined : new Map(found);
  },
});

/** A list of objects of one shape. */
export const asList = <T>(write: (value: T) => unknown, read: (json: Json) => T): Codec<readonly T[]> => ({
  write: (values) => values.map(write),
  read: (json) => {
    const found = list(json).map((entry) => read(object(entry)));
    return found.length === 0 ? undefined : found;
  },
});
