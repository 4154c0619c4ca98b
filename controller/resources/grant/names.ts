import type { ObservedGrant } from "./model.ts";

export type ObservedObject = Extract<ObservedGrant, { readonly type: "object" }>;

/** A name as people read it: quoted only where it must be. */
const part = (name: string): string => (/^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

export const qualified = (schema: string, name: string, signature?: string): string =>
  `${part(schema)}.${part(name)}${signature === undefined ? "" : `(${signature})`}`;

export const objectName = ({ kind, schema, name, signature }: ObservedObject): string =>
  qualified(schema, name, kind === "function" ? signature : undefined);

/** A function in the file: `total`, meaning every one of that name, or `total(int, text)`. */
export interface Named {
  readonly name: string;
  readonly signature?: string;
}

/** Other spellings of types that the server writes in one way only (manual: chapter 8, aliases). */
const aliases: ReadonlyMap<string, string> = new Map([
  ["int", "integer"],
  ["int4", "integer"],
  ["int2", "smallint"],
  ["int8", "bigint"],
  ["float", "double precision"],
  ["float8", "double precision"],
  ["float4", "real"],
  ["bool", "boolean"],
  ["varchar", "character varying"],
  ["char", "character"],
  ["decimal", "numeric"],
  ["varbit", "bit varying"],
  ["timestamp", "timestamp without time zone"],
  ["timestamptz", "timestamp with time zone"],
  ["time", "time without time zone"],
  ["timetz", "time with time zone"],
]);

export function parseFunction(text: string): Named {
  const open = text.indexOf("(");
  if (open < 0 || !text.endsWith(")")) return { name: text };
  const types = text.slice(open + 1, -1).split(",");
  const signature = types.map(normalType).filter((type) => type !== "");
  return { name: text.slice(0, open).trim(), signature: signature.join(", ") };
}

function normalType(text: string): string {
  const type = text
    .trim()
    .replaceAll(/\s+/g, " ")
    .replace(/^public\./, "");
  const [, base = type, array = ""] = /^(.*?)((?:\[\])*)$/.exec(type) ?? [];
  return `${aliases.get(base.toLowerCase()) ?? base}${array}`;
}
