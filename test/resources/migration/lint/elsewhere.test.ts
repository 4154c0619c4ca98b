import { expect, test } from "vitest";
import { ruleNames, rules } from "../../../../controller/resources/migration/lint/rules.ts";

/** What a rule of another tool is here: one or more of ours, how else it is done, or why not. */
type Counterpart = readonly string[] | { readonly otherwise: string } | { readonly not: string };

const taste = { not: "taste and storage, not safety" } as const;
const otherDatabase = { not: "of another database" } as const;
const linear = { otherwise: "refused with MIGRATION_ORDER and MIGRATION_GAP" } as const;
const oneTransaction = { otherwise: "refused with MIGRATION_TRANSACTION" } as const;
const asSql = { otherwise: "everything is SQL here, and read as Postgres reads it" } as const;
/** Opt-in there: whether a release before the present one could come back and work. No statement alone tells that. */
const rolledBack = { not: "about an application that is rolled back, which no statement alone tells" } as const;

/** atlasgo.io/lint/analyzers, all that is of Postgres. */
const atlas: Readonly<Record<string, Counterpart>> = {
  "non-linear changes": linear,
  "nested transactions": oneTransaction,
  BC101: ["rename-table"],
  BC102: ["rename-column"],
  CD101: ["drop-constraint"],
  DS101: ["drop-schema"],
  DS102: ["drop-table"],
  DS103: ["drop-column"],
  MF101: ["unique-index", "unique-constraint"],
  MF102: ["unique-index"],
  MF103: ["required-column"],
  MF104: ["set-not-null"],
  NM101: taste,
  NM102: taste,
  NM103: taste,
  NM104: taste,
  NM105: taste,
  NM106: taste,
  PG101: ["index-not-concurrent"],
  PG102: ["drop-index-not-concurrent"],
  PG103: ["not-in-transaction"],
  PG104: ["primary-key"],
  PG105: ["unique-constraint"],
  PG110: taste,
  PG301: ["column-type-change"],
  PG302: ["volatile-default", "auto-increment-column", "stored-generated-column"],
  PG303: ["set-not-null"],
  PG304: ["primary-key"],
  PG305: ["check-constraint"],
};

/** squawkhq.com/docs/rules, and the opt-in rules of its documentation. */
const squawk: Readonly<Record<string, Counterpart>> = {
  "adding-field-with-default": ["volatile-default", "stored-generated-column"],
  "adding-foreign-key-constraint": ["foreign-key"],
  "adding-not-nullable-field": ["set-not-null"],
  "adding-required-field": ["required-column"],
  "adding-serial-primary-key-field": ["primary-key", "auto-increment-column"],
  "ban-alter-domain-with-add-constraint": ["domain-constraint"],
  "ban-char-field": taste,
  "ban-concurrent-index-creation-in-transaction": ["not-in-transaction"],
  "ban-create-domain-with-constraint": ["domain-with-constraint"],
  "ban-drop-column": ["drop-column"],
  "ban-drop-database": ["drop-database"],
  "ban-drop-not-null": ["drop-not-null"],
  "ban-drop-table": ["drop-table"],
  "ban-truncate-cascade": ["truncate", "drop-cascade"],
  "ban-uncommitted-transaction": oneTransaction,
  "changing-column-type": ["column-type-change"],
  "constraint-missing-not-valid": ["check-constraint", "foreign-key", "validate-with-add"],
  "disallowed-unique-constraint": ["unique-constraint"],
  "identifier-too-long": taste,
  "prefer-bigint-over-int": taste,
  "prefer-bigint-over-smallint": taste,
  "prefer-identity": taste,
  "prefer-repack": ["table-rewrite"],
  "prefer-robust-stmts": {
    otherwise: "a file is one transaction with its row; without one, each statement is recorded",
  },
  "prefer-text-field": taste,
  "prefer-timestamp-tz": taste,
  "renaming-column": ["rename-column"],
  "renaming-table": ["rename-table"],
  "require-concurrent-index-creation": ["index-not-concurrent"],
  "require-concurrent-index-deletion": ["drop-index-not-concurrent"],
  "require-concurrent-partition-detach": ["detach-partition"],
  "require-concurrent-reindex": ["reindex-not-concurrent"],
  "require-enum-value-ordering": taste,
  "require-table-schema": taste,
  "require-timeout-settings": ["lock-timeout-off"],
  "syntax-error": ["syntax"],
  "transaction-nesting": oneTransaction,
  "unused-ignore": ["unused-allow"],
  "ban-add-column": rolledBack,
  "ban-add-composite-attribute": rolledBack,
  "ban-add-enum-value": rolledBack,
  "ban-alter-database-options": rolledBack,
  "ban-alter-extension": rolledBack,
  "ban-alter-function-options": rolledBack,
  "ban-alter-generated-expression": ["table-rewrite"],
  "ban-alter-identity": rolledBack,
  "ban-alter-policy-condition": rolledBack,
  "ban-alter-policy-roles": rolledBack,
  "ban-alter-role-options": rolledBack,
  "ban-alter-row-level-security": ["disable-trigger"],
  "ban-alter-sequence-values": rolledBack,
  "ban-alter-system-options": ["not-in-transaction"],
  "ban-alter-view-options": rolledBack,
  "ban-create-policy": rolledBack,
  "ban-detach-inheritance": rolledBack,
  "ban-disable-trigger": ["disable-trigger"],
  "ban-drop-constraint": ["drop-constraint"],
  "ban-drop-default": ["drop-default"],
  "ban-drop-domain": ["drop-object"],
  "ban-drop-extension": ["drop-object"],
  "ban-drop-function": ["drop-object"],
  "ban-drop-generated-expression": rolledBack,
  "ban-drop-index": ["drop-index-not-concurrent"],
  "ban-drop-policy": rolledBack,
  "ban-drop-schema": ["drop-schema"],
  "ban-drop-sequence": ["drop-object"],
  "ban-drop-trigger": rolledBack,
  "ban-drop-type": ["drop-object"],
  "ban-drop-view": ["drop-object"],
  "ban-duplicate-column-assignments": { not: "the server refuses it before anything runs" },
  "ban-new-write-restriction": ["check-constraint", "foreign-key", "set-not-null", "unique-index"],
  "ban-replace-view-function": rolledBack,
  "ban-replica-identity": rolledBack,
  "ban-revoke": ["revoke"],
  "ban-set-default": rolledBack,
  "ban-set-schema": ["move-to-schema"],
  "renaming-object": ["rename-object"],
};

/** Checks of strong_migrations, as its messages are called. */
const strongMigrations: Readonly<Record<string, Counterpart>> = {
  add_check_constraint: ["check-constraint"],
  add_check_constraint_mysql: otherDatabase,
  add_column_auto_incrementing: ["auto-increment-column"],
  add_column_default: ["volatile-default"],
  add_column_default_callable: ["volatile-default"],
  add_column_default_null: { not: "of servers before 11" },
  add_column_generated_stored: ["stored-generated-column"],
  add_column_json: ["json-column"],
  add_exclusion_constraint: ["exclusion-constraint"],
  add_foreign_key: ["foreign-key"],
  add_index: ["index-not-concurrent"],
  add_index_columns: { not: "advice about how useful an index is" },
  add_index_corruption: { not: "a fault of 14.0 to 14.3, which four years of minor versions have mended" },
  add_reference: ["foreign-key", "index-not-concurrent"],
  add_unique_constraint: ["unique-constraint"],
  change_column: ["column-type-change"],
  change_column_default: { not: "about how Active Record writes" },
  change_column_null: ["backfill-at-once", "backfill-under-lock"],
  change_column_null_mysql: otherDatabase,
  change_column_null_postgresql: ["set-not-null"],
  change_column_with_not_null: ["set-not-null"],
  change_table: asSql,
  create_table: ["drop-table", "drop-cascade"],
  execute: asSql,
  remove_column: ["drop-column"],
  remove_index: ["drop-index-not-concurrent"],
  rename_column: ["rename-column"],
  rename_schema: ["rename-object"],
  rename_table: ["rename-table"],
  validate_check_constraint: ["validate-with-add"],
  validate_foreign_key: ["validate-with-add"],
};

test.each(Object.entries({ atlas, squawk, strongMigrations }))(
  "every rule of %s is one of ours, done otherwise, or left out for a reason",
  (_tool, theirs) => {
    for (const [name, ours] of Object.entries(theirs)) {
      if ("not" in ours || "otherwise" in ours) continue;
      expect(ours.filter((rule) => !ruleNames.includes(rule)).map((rule) => `${name}: ${rule}`)).toEqual([]);
    }
  },
);

test.each([
  ["atlas", atlas],
  ["squawk", squawk],
] as const)("what our rules say of %s is in that table", (tool, theirs) => {
  const said = rules.flatMap(({ name, elsewhere }) =>
    (elsewhere[tool] ?? "")
      .split(", ")
      .filter((one) => one !== "")
      .map((one) => ({ one, name })),
  );
  const missing = said.filter(({ one, name }) => {
    const ours = theirs[one];
    return ours === undefined || "not" in ours || "otherwise" in ours || !ours.includes(name);
  });
  expect(missing).toEqual([]);
  // And the other way round: the page names every tool's rule that we have, but for what is there only on request.
  const known = new Set(said.map(({ one }) => one));
  const hidden = Object.entries(theirs).filter(([name, ours]) => Array.isArray(ours) && !known.has(name));
  expect(hidden.map(([name]) => name).filter((name) => !onRequest.has(name))).toEqual([]);
});

const onRequest = new Set(
  Object.keys(squawk).filter((name) =>
    /^(?:ban-(?:alter|drop|new)-|prefer-repack$|syntax-error$|unused-ignore$)/.test(name),
  ),
);
