import { quoteLiteral } from "./sql.ts";

/**
 * How the comment on a role or a database says that it is ours (RELIABILITY 11): `<mark> <oid>`, anywhere in it, so that
 * people may write their own words before. The oid makes it hold for this very object: one that was dropped and made
 * again, or restored from a dump, carries another. docs/decisions/0004-ownership-marks.md
 */
export interface Mark {
  /** `self` only when the comment names the object's own oid. */
  readonly of: "self" | "another";
  /** Oids of the roles whose membership we granted; only in a role's mark. */
  readonly memberships: readonly number[];
}

const shape = /^ (\d{1,10})(?: memberships (\d{1,10}(?:,\d{1,10})*))?(?:\n|$)/;

/**
 * Reads a mark; total, since a comment is anybody's text.
 *
 * @param text the comment from the mark's first letter on, as {@link markedPart} gives it
 */
export function readMark(text: unknown, mark: string, oid: number): Mark | undefined {
  if (typeof text !== "string" || !text.startsWith(mark)) return undefined;
  const [whole, marked, memberships = ""] = shape.exec(text.slice(mark.length, mark.length + 20_000)) ?? [];
  if (whole === undefined) return undefined;
  return {
    of: Number(marked) === oid ? "self" : "another",
    memberships: memberships === "" ? [] : memberships.split(",").map(Number),
  };
}

/** SQL: the comment from the mark on, or null; a megabyte of somebody else's text stays in the server. */
export const markedPart = (comment: string, mark: string): string => {
  const literal = quoteLiteral(mark);
  return `case when pg_catalog.strpos(${comment}, ${literal}) > 0 then pg_catalog.substr(${comment}, pg_catalog.strpos(${comment}, ${literal})) end`;
};

/** SQL: the words of people that stand before the mark, or ''. */
export const unmarkedPart = (comment: string, mark: string): string => {
  const literal = quoteLiteral(mark);
  return `case when pg_catalog.strpos(${comment}, ${literal}) > 0 then pg_catalog.left(${comment}, pg_catalog.strpos(${comment}, ${literal}) - 1) else '' end`;
};

/** SQL: whether the comment marks the object of this oid as ours. */
export const isMarked = (comment: string, mark: string, oid: string): string =>
  `coalesce(pg_catalog.concat(${markedPart(comment, mark)}, pg_catalog.chr(10)) operator(pg_catalog.~) pg_catalog.concat('^', ${quoteLiteral(escapePattern(mark))}, ' ', ${oid}, '[ \\n]'), false)`;

const escapePattern = (text: string): string => text.replaceAll(/[^A-Za-z0-9 ]/g, (letter) => `\\${letter}`);
