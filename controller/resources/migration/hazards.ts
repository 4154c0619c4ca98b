import type { Hazard } from "../../core/action.ts";
import type { Phase } from "./phases/header.ts";

const drops = new RegExp(
  [
    String.raw`\bdrop\s+(?:table|column|schema|database|materialized\s+view|owned)\b`,
    // Columns of that type go, and tables of that method.
    String.raw`\bdrop\s+(?:type|domain|extension|collation|access\s+method)\b[^;]*\bcascade\b`,
    String.raw`\balter\s+type\b[^;]*\bdrop\s+attribute\b`,
    String.raw`\balter\s+(?:foreign\s+)?table\b[^;]*\bdrop\s+(?!constraint\b|default\b|not\b|identity\b|expression\b)`,
  ].join("|"),
  "i",
);

/** TRUNCATE as a statement, not as a privilege or an event of a trigger; DELETE that has no WHERE. */
const empties = /(?:^|;|\b(?:begin|then|else|loop)\b)\s*truncate\b|\bdelete\s+from\b(?![^;]*\bwhere\b)/i;

/** In a backfill, whose WHERE goes through the whole table; of MERGE the part that deletes. */
const deletes = /\bdelete\s+from\b|\bthen\s+delete\b/i;

/** What the words of a migration warn of. A look, not a proof: what a function or procedure does is not seen. */
export function hazardsOf(text: string, phase?: Phase): readonly Hazard[] {
  // Most files have none of the words, and there may be thousands of them.
  if (!/\b(?:drop|truncate|delete)\b/i.test(text)) return [];
  const plain = text.replaceAll(/--.*$/gm, "").replaceAll(/\/\*[\s\S]*?\*\//g, " ");
  const isFound = drops.test(plain) || empties.test(plain) || (phase === "backfill" && deletes.test(plain));
  return isFound ? ["drop"] : [];
}
