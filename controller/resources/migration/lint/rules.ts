import type { Rule } from "./rule.ts";
import { columnRules } from "./rules/columns.ts";
import { compatibilityRules } from "./rules/compatibility.ts";
import { constraintRules } from "./rules/constraints.ts";
import { indexRules } from "./rules/indexes.ts";
import { partitionRules } from "./rules/partitions.ts";
import { removalRules } from "./rules/removals.ts";
import { rewriteRules } from "./rules/rewrites.ts";
import { transactionRules } from "./rules/transactions.ts";

/** Rules by what they are about, as the page lists them. */
export const ruleGroups: readonly { readonly title: string; readonly rules: readonly Rule[] }[] = [
  { title: "Indexes", rules: indexRules },
  { title: "Columns", rules: columnRules },
  { title: "Constraints", rules: constraintRules },
  { title: "Whole tables, partitions and domains", rules: [...rewriteRules, ...partitionRules] },
  { title: "Transactions", rules: transactionRules },
  { title: "What is taken away", rules: removalRules },
  { title: "Releases that still run", rules: compatibilityRules },
];

export const rules: readonly Rule[] = ruleGroups.flatMap((group) => group.rules);

/**
 * Findings about the linting itself. syntax: the grammar of Postgres 18 does not accept the file. unused-allow: an `allow`
 * line that allows nothing, has no reason, or names no rule.
 */
export const metaRules = {
  syntax: { level: "error", title: "what the grammar of Postgres 18 does not accept" },
  "unused-allow": { level: "warning", title: "an `allow` line that allows nothing, or gives no reason" },
} as const;

/** All that a policy may name. */
export const ruleNames: readonly string[] = [...rules.map(({ name }) => name), ...Object.keys(metaRules)];
