import { suggest } from "./suggest.ts";

/** For the end of an error about a name that is none of these: the one that was probably meant, else the first twenty. */
export function knownNames(word: string, known: readonly string[]): string {
  const meant = suggest(word, known);
  if (meant !== undefined) return `did you mean "${meant}"?`;
  if (known.length === 0) return "there is none to name";
  const shown = [...known].sort().slice(0, 20).join(", ");
  return `known are ${shown}${known.length > 20 ? ", …" : ""}`;
}
