import type { Hazard } from "../../core/action.ts";
import { withoutComments } from "../../core/sql-comments.ts";
import type { Phase } from "./phases/header.ts";

const drops = new RegExp(
  [
    String.raw`\bdrop\s+(?:table|column|schema|database|materialized\s+view|owned)\b`,
    // Columns of that type go, and tables of that method.
    String.raw`\bdrop\s+(?:type|domain|extension|collation|access\s+method)\b[^;]*\bcascade\b`,
    String.raw`\balter\s+type\b[^;]*\bdrop\s+attribute\b`,
    String.raw`\balter\s+(?:foreign\s+)?table\b[^;]*\bdrop\b\s*(?!\s|constraint\b|default\b|not\b|identity\b|expression\b)`,
  ].join("|"),
  "i",
);

/**
 * TRUNCATE as a statement, not as a privilege or an event of a trigger; DELETE that has no WHERE of its own, that is, outside of
 * brackets; the part of MERGE that deletes.
 */
const empties =
  /(?:^|;|\b(?:begin|then|else|loop)\b)\s*truncate\b|\bdelete\s+from\b(?![^;()]*(?:\([^()]*\)[^;()]*)*\bwhere\b)|\bthen\s+delete\b(?!\s+from\b)/i;

/** In a backfill, whose WHERE goes through the whole table. */
const deletes = /\bdelete\s+from\b/i;

/** What the words of a migration warn of. A look, not a proof: what a function or procedure does is not seen. */
export function hazardsOf(text: string, phase?: Phase): readonly Hazard[] {
  // Most files have none of the words, and there may be thousands of them.
  if (!/\b(?:drop|truncate|delete)\b/i.test(text)) return [];
  // Words in texts count, for EXECUTE runs them; a semicolon in a text or a name ends no statement.
  const forms = [withoutComments(text, { texts: "code" }), withoutComments(text, { texts: "blank" })];
  const isFound = forms.some(
    (form) => drops.test(form) || empties.test(form) || (phase === "backfill" && deletes.test(form)),
  );
  return isFound ? ["drop"] : [];
}
