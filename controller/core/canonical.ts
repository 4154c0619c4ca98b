import { createHash } from "node:crypto";
import { joinTexts, mapText, Secret, type Text } from "./secret.ts";

/**
 * One text for one meaning, for hashing: maps and objects by name, absent fields left out, lists in their order. It is a
 * secret as soon as anything in it is one.
 */
export const canonicalText = (value: unknown): Text => joinTexts(pieces(value));

function pieces(value: unknown): readonly Text[] {
  if (value instanceof Secret) return ["s", mapText(value, (plain) => JSON.stringify(plain))];
  if (Buffer.isBuffer(value)) return ["b", createHash("sha256").update(value).digest("hex")];
  if (Array.isArray(value)) return ["[", ...value.flatMap((one) => [...pieces(one), ","]), "]"];
  if (value instanceof Date) return ["d", value.toISOString()];
  if (typeof value === "object" && value !== null) {
    const entries: [string, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
    const known = entries.filter(([, one]) => value instanceof Map || one !== undefined);
    known.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return ["{", ...known.flatMap(([name, one]) => [`${JSON.stringify(name)}:`, ...pieces(one), ","]), "}"];
  }
  if (value === undefined) return ["u"];
  // A public text and a secret one of the same letters are the same to a container.
  return typeof value === "string" ? ["s", JSON.stringify(value)] : [JSON.stringify(value)];
}
