/**
 * Whether a column can take another type without a row being written: the new one takes every value of the old one as it
 * is stored (manual: ALTER TABLE, Notes, "binary coercible"; the lengths of varchar, varbit and numeric may grow, and so may
 * the precision of times).
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

const mayGrow = new Set(["varchar", "varbit", "numeric", "time", "timetz", "timestamp", "timestamptz"]);

/** A length may grow or go; digits behind the point must stay as many. */
function isWider([length, scale = 0]: readonly number[], [nextLength, nextScale = 0]: readonly number[]): boolean {
  if (nextLength === undefined) return true;
  return length !== undefined && nextLength >= length && nextScale === scale;
}

function parse(type: string): { readonly name: string; readonly sizes: readonly number[] } {
  // In `timestamp(3) with time zone` the size stands behind the first word.
  const [, first = "", sizes = "", rest = ""] =
    /^\s*([^(]*?)\s*(?:\(([\d\s,]*)\)\s*([a-z ]*?))?\s*$/.exec(type.toLowerCase()) ?? [];
  const plainWord = `${first} ${rest}`
    .trim()
    .replace(/^pg_catalog\./, "")
    .replaceAll(/\s+/g, " ");
  const name = synonyms[plainWord] ?? plainWord;
  return { name, sizes: sizes === "" ? [] : sizes.split(",").map(Number) };
}

const synonyms: Readonly<Record<string, string>> = {
  "character varying": "varchar",
  "bit varying": "varbit",
  decimal: "numeric",
  "time without time zone": "time",
  "time with time zone": "timetz",
  "timestamp without time zone": "timestamp",
  "timestamp with time zone": "timestamptz",
};
