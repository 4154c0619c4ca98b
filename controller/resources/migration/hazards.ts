import type { Hazard } from "../../core/action.ts";

const drops =
  /\bdrop\s+(?:table|column|schema|database|materialized\s+view)\b|\balter\s+(?:foreign\s+)?table\b[^;]*\bdrop\s+(?!constraint\b|default\b|not\b|identity\b|expression\b)/i;

/** What the words of a migration warn of. A look, not a proof: what a function or procedure does is not seen. */
export function hazardsOf(text: string): readonly Hazard[] {
  if (!/\bdrop\b/i.test(text)) return [];
  return drops.test(text.replaceAll(/--.*$/gm, "")) ? ["drop"] : [];
}
