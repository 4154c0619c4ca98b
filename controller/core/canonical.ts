import { createHash } from "node:crypto";
import { joinTexts, mapText, Secret, type Text } from "./secret.ts";

/** Stands for bytes that are too many to keep, and makes the same text as they do. */
export class Digest {
  /** SHA-256 in hex. */
  readonly sha256: string;

  constructor(sha256: string) {
    this.sha256 = sha256;
  }
}

/**
 * One text for one meaning, for hashing: maps and objects by name, absent fields left out, lists in their order. It is a
 * secret as soon as anything in it is one.
 */
export function canonicalText(value: unknown): Text {
  const before: Text[] = [];
  const end = written(value, "", before);
  return before.length === 0 ? end : joinTexts([...before, end]);
}

/**
 * The text with the value at its end. A secret is not joined with anything here: what stands before it, and itself, goes to
 * `before`. One text that grows costs a fraction of a list of its parts, and this runs for every container of every look.
 */
function written(value: unknown, start: string, before: Text[]): string {
  // A public text and a secret one of the same letters are the same to a container.
  if (typeof value === "string") return `${start}s${JSON.stringify(value)}`;
  if (value === undefined) return `${start}u`;
  if (typeof value !== "object" || value === null) return start + JSON.stringify(value);
  if (Array.isArray(value)) {
    let text = `${start}[`;
    for (const one of value) text = `${written(one, text, before)},`;
    return `${text}]`;
  }
  if (value instanceof Map) return writtenMap(value as ReadonlyMap<string, unknown>, start, before);
  if (value instanceof Secret) {
    before.push(
      `${start}s`,
      mapText(value, (plain) => JSON.stringify(plain)),
    );
    return "";
  }
  if (Buffer.isBuffer(value)) return `${start}b${createHash("sha256").update(value).digest("hex")}`;
  if (value instanceof Digest) return `${start}b${value.sha256}`;
  if (value instanceof Date) return `${start}d${value.toISOString()}`;
  return writtenFields(value as Readonly<Record<string, unknown>>, start, before);
}

// Neither makes a list of entries: a sort without a function compares texts as `<` does.

function writtenFields(fields: Readonly<Record<string, unknown>>, start: string, before: Text[]): string {
  let text = `${start}{`;
  for (const name of Object.keys(fields).sort()) {
    const one = fields[name];
    if (one !== undefined) text = `${written(one, `${text}${JSON.stringify(name)}:`, before)},`;
  }
  return `${text}}`;
}

function writtenMap(map: ReadonlyMap<string, unknown>, start: string, before: Text[]): string {
  let text = `${start}{`;
  for (const name of [...map.keys()].sort())
    text = `${written(map.get(name), `${text}${JSON.stringify(name)}:`, before)},`;
  return `${text}}`;
}
