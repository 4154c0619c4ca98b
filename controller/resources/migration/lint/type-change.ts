/**
 * Whether a column can take another type without a row being written: the new one takes every value of the old one as it
 * is stored (manual: ALTER TABLE, Notes, "binary coercible"; the lengths of varchar, varbit and numeric may grow).
 *
 * @param from as format_type writes it
 * @param to as a person writes it
 */
export function isFreeChange(from: string, to: string): boolean {
  const [old, next] = [parse(from), parse(to)];
  if (old.name === next.name) return mayGrow.has(old.name) && isWider(old.sizes, next.sizes);
  if (next.sizes.length > 0) return false;
  return (
    (old.name === "varchar" && next.name === "text") ||
    (old.name === "text" && next.name === "varchar") ||
    (old.name === "cidr" && next.name === "inet")
  );
}

const mayGrow = new Set(["varchar", "varbit", "numeric"]);

/** A length may grow or go; digits behind the point must stay as many. */
function isWider([length, scale = 0]: readonly number[], [nextLength, nextScale = 0]: readonly number[]): boolean {
  if (nextLength === undefined) return true;
  return length !== undefined && nextLength >= length && nextScale === scale;
}

function parse(type: string): { readonly name: string; readonly sizes: readonly number[] } {
  const [, word = "", sizes = ""] = /^\s*([^(]*?)\s*(?:\(([\d\s,]*)\))?\s*$/.exec(type.toLowerCase()) ?? [];
  const plainWord = word.replace(/^pg_catalog\./, "").replaceAll(/\s+/g, " ");
  const name = synonyms[plainWord] ?? plainWord;
  return { name, sizes: sizes === "" ? [] : sizes.split(",").map(Number) };
}

const synonyms: Readonly<Record<string, string>> = {
  "character varying": "varchar",
  "bit varying": "varbit",
  decimal: "numeric",
};
