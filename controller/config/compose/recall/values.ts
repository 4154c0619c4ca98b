// Values of a model as JSON. A list and what JSON does not have, a map, is a list that begins with its kind.

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const kinds = { list: 0, map: 1, bare: 2 } as const;

/** @throws TypeError for what is no plain value: a secret, above all */
export function packed(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0)) return value;
  if (Array.isArray(value)) return [kinds.list, ...value.map(packed)];
  if (value instanceof Map)
    return [kinds.map, ...[...(value as ReadonlyMap<string, unknown>)].flatMap(([key, one]) => [key, packed(one)])];
  if (typeof value === "object") {
    const prototype: unknown = Object.getPrototypeOf(value);
    const entries = Object.entries(value);
    if (prototype === null) return [kinds.bare, ...entries.flatMap(([key, one]) => [key, packed(one)])];
    if (prototype === Object.prototype) return Object.fromEntries(entries.map(([key, one]) => [key, packed(one)]));
  }
  throw new TypeError("no plain value");
}

/** What {@link packed} was given. */
export function unpacked(json: Json): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (!isList(json)) {
    const object: { [key: string]: unknown } = {};
    for (const key of Object.keys(json)) object[key] = unpacked(json[key] ?? null);
    return object;
  }
  if (json[0] === kinds.list) return json.slice(1).map(unpacked);
  const map = new Map<string, unknown>();
  for (let index = 1; index < json.length; index += 2)
    map.set(json[index] as string, unpacked(json[index + 1] ?? null));
  if (json[0] === kinds.map) return map;
  const bare = Object.create(null) as { [key: string]: unknown };
  for (const [key, one] of map) bare[key] = one;
  return bare;
}

const isList = (json: object): json is readonly Json[] => Array.isArray(json);

export type { Json };
