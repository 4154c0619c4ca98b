import type { Hazard } from "../../core/action.ts";

const drops =
  /\bdrop\s+(?:table|column|schema|database|materialized\s+view)\b|\balter\s+(?:foreign\s+)?table\b[^;]*\bdrop\s+(?!constraint\b|default\b|not\b|identity\b|expression\b)/i;

/** TRUNCATE as a statement, not as a privilege or an event of a trigger; DELETE that has no WHERE. */
const empties = /(?:^|;|\b(?:begin|then|else|loop)\b)\s*truncate\b|\bdelete\s+from\b(?![^;]*\bwhere\b)/i;

/** What the words of a migration warn of. A look, not a proof: what a function or procedure does is not seen. */
export function hazardsOf(text: string): readonly Hazard[] {
  // Most files have none of the words, and there may be thousands of them.
  if (!/\b(?:drop|truncate|delete)\b/i.test(text)) return [];
  const plain = text.replaceAll(/--.*$/gm, "").replaceAll(/\/\*[\s\S]*?\*\//g, " ");
  return drops.test(plain) || empties.test(plain) ? ["drop"] : [];
}
