import type { Constraint, Node } from "@pgsql/types";
import { alter, chosenName, columnText, columnWithout, later, namedConstraint, noTransaction } from "../clauses.ts";
import type { Match, Rule } from "../rule.ts";
import { plain, show } from "../names.ts";
import { alterationsIn, type Alteration, type Statement } from "../statement.ts";
import { constraintsIn, isUnchecked, nameOf, stringsIn } from "../tree.ts";

const table = "CREATE TABLE orders (id bigint, customer_id bigint, total int, code text);";
const tables = `CREATE TABLE customers (id bigint PRIMARY KEY);\n${table}`;

/** A constraint that a statement adds to a table, by itself or with a new column. */
interface Added {
  readonly constraint: Constraint;
  readonly alteration: Alteration;
  /** The column that comes with it. */
  readonly column?: string;
  /** Every row has a value of the new column. */
  readonly isFilled?: boolean;
}

/** Every rule of this page asks for the same ones. */
const added = new WeakMap<Node, readonly Added[]>();

function addedBy(statement: Statement): readonly Added[] {
  const known = added.get(statement.node) ?? constraintsAdded(statement);
  added.set(statement.node, known);
  return known;
}

function constraintsAdded(statement: Statement): readonly Added[] {
  return alterationsIn(statement).flatMap((alteration): readonly Added[] => {
    const { subtype, def } = alteration.command;
    if (def === undefined) return [];
    if (subtype === "AT_AddConstraint" && "Constraint" in def) return [{ constraint: def.Constraint, alteration }];
    if (subtype !== "AT_AddColumn" || !("ColumnDef" in def)) return [];
    const { colname: column = "", constraints } = def.ColumnDef;
    const all = constraintsIn(constraints);
    const isFilled = all.some(({ contype }) => contype === "CONSTR_DEFAULT" || contype === "CONSTR_GENERATED");
    return all.map((constraint) => ({ constraint, alteration, column, isFilled }));
  });
}

type FindConstraint = (added: Added) => Omit<Match, "on" | "offset"> | undefined;

const ofNewConstraints =
  (types: readonly Constraint["contype"][], find: FindConstraint): Rule["find"] =>
  (statement) =>
    addedBy(statement).flatMap((added) => {
      const { constraint, alteration } = added;
      const match = types.includes(constraint.contype) ? find(added) : undefined;
      return match === undefined ? [] : [{ ...match, on: alteration.table, offset: alteration.offset }];
    });

const validated = (alteration: Alteration, name: string): readonly string[] => [
  later,
  `${alter(alteration.table, `VALIDATE CONSTRAINT ${plain(name)}`)} -- reads every row; reads and writes go on`,
];

/** Adds the column by itself first, where the constraint came with one. */
const columnFirst = ({ alteration, column }: Added, ...clauses: readonly string[]): readonly string[] =>
  column === undefined
    ? []
    : [alter(alteration.table, `ADD COLUMN ${columnWithout(columnText(alteration), ...clauses)}`)];

/** The names of a unique or primary key's columns. */
const keysOf = ({ constraint, column }: Added): readonly string[] =>
  column === undefined ? stringsIn(constraint.keys) : [column];

/** The index is built first, without a lock that anybody notices; the constraint takes it over in a moment. */
function overIndex(added: Added, name: string, kind: "UNIQUE" | "PRIMARY KEY"): readonly string[] {
  const { constraint, alteration } = added;
  const include = stringsIn(constraint.including).map(plain);
  const nulls = constraint.nulls_not_distinct === true ? " NULLS NOT DISTINCT" : "";
  const columns = `(${keysOf(added).map(plain).join(", ")})${include.length === 0 ? "" : ` INCLUDE (${include.join(", ")})`}`;
  return [
    ...columnFirst(added, "unique", "primary key"),
    ...(added.column === undefined ? [] : [later]),
    noTransaction,
    `CREATE UNIQUE INDEX CONCURRENTLY ${plain(name)} ON ${show(alteration.table)} ${columns}${nulls};`,
    later,
    alter(alteration.table, `ADD CONSTRAINT ${plain(name)} ${kind} USING INDEX ${plain(name)}`),
  ];
}

/** Constraints on tables that are in use. */
export const constraintRules: readonly Rule[] = [
  {
    name: "set-not-null",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "size",
    title: "`SET NOT NULL` without a validated `CHECK`",
    elsewhere: {
      atlas: "PG303, MF104",
      squawk: "adding-not-nullable-field",
      strongMigrations: "setting NOT NULL on an existing column",
    },
    example: { setup: table, sql: "ALTER TABLE orders ALTER COLUMN code SET NOT NULL;" },
    // The scan is left out when a valid CHECK proves that there is no null (manual: ALTER TABLE, SET NOT NULL).
    find: (statement, { history }) =>
      alterationsIn(statement).flatMap(({ command, table: on, offset }): readonly Match[] => {
        const column = command.name ?? "";
        if (command.subtype !== "AT_SetNotNull" || history.isKnownNotNull(on, column)) return [];
        const name = plain(chosenName(on, [column], "not_null"));
        return [
          {
            on,
            offset,
            what: `every row of ${show(on)} is read to see that ${plain(column)} is not null, and it fails where one is`,
            locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "scan" }],
            recipe: [
              alter(on, `ADD CONSTRAINT ${name} CHECK (${plain(column)} IS NOT NULL) NOT VALID`),
              later,
              `${alter(on, `VALIDATE CONSTRAINT ${name}`)} -- reads every row; reads and writes go on`,
              `${alter(on, `ALTER COLUMN ${plain(column)} SET NOT NULL`)} -- believes the constraint, reads nothing`,
              alter(on, `DROP CONSTRAINT ${name}`),
            ],
          },
        ];
      }),
  },
  {
    name: "check-constraint",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "size",
    title: "a `CHECK` or `NOT NULL` constraint without `NOT VALID`",
    elsewhere: {
      atlas: "PG305",
      squawk: "constraint-missing-not-valid",
      strongMigrations: "adding a check constraint",
    },
    example: { setup: table, sql: "ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0);" },
    find: ofNewConstraints(["CONSTR_CHECK", "CONSTR_NOTNULL"], (added) => {
      const { constraint, alteration, column } = added;
      // NOT NULL of a new column is another rule's; of a column that exists it can be a constraint from Postgres 18 on.
      if (isUnchecked(constraint) || (constraint.contype === "CONSTR_NOTNULL" && column !== undefined))
        return undefined;
      const { table: on, text } = alteration;
      const isCheck = constraint.contype === "CONSTR_CHECK";
      const columns = column === undefined ? stringsIn(constraint.keys) : [column];
      const name = constraint.conname ?? chosenName(on, columns, isCheck ? "check" : "not_null");
      const check = columnText(alteration).clauses.find((clause) => /\bcheck\b/i.test(clause)) ?? "";
      const words = column === undefined ? text : `ADD ${check}`;
      return {
        what: `every row of ${show(on)} is checked, and it fails where one does not pass`,
        locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "scan" }],
        recipe: [
          ...columnFirst(added, "check"),
          alter(on, `${namedConstraint(words, name)} NOT VALID`),
          ...validated(alteration, name),
        ],
      };
    }),
  },
  {
    name: "foreign-key",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "size",
    title: "a foreign key without `NOT VALID`",
    elsewhere: {
      squawk: "adding-foreign-key-constraint",
      strongMigrations: "adding a foreign key, adding a reference",
    },
    example: {
      setup: tables,
      sql: "ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id);",
    },
    find: ofNewConstraints(["CONSTR_FOREIGN"], (added) => {
      const { constraint, alteration, column, isFilled = false } = added;
      // In a new column without a default there is nothing to be looked up, and the server does not.
      if (isUnchecked(constraint) || (column !== undefined && !isFilled)) return undefined;
      const { table: on, text } = alteration;
      const other = constraint.pktable === undefined ? undefined : nameOf(constraint.pktable);
      const columns = column === undefined ? stringsIn(constraint.fk_attrs) : [column];
      const name = constraint.conname ?? chosenName(on, columns, "fkey");
      const clause = columnText(alteration).clauses.find((one) => /\breferences\b/i.test(one)) ?? "";
      const references = clause.replace(/^constraint\s+\S+\s+/i, "");
      const words = column === undefined ? text : `ADD FOREIGN KEY (${plain(column)}) ${references}`;
      const mode = column === undefined ? "SHARE ROW EXCLUSIVE" : "ACCESS EXCLUSIVE";
      return {
        what: `every row of ${show(on)} is looked up${other === undefined ? "" : ` in ${show(other)}, and neither of the two can be written meanwhile`}`,
        locks: [
          { mode, on, work: "scan" },
          ...(other === undefined ? [] : [{ mode: "SHARE ROW EXCLUSIVE", on: other, work: "scan" } as const]),
        ],
        recipe: [
          ...columnFirst(added, "references"),
          alter(on, `${namedConstraint(words, name)} NOT VALID`),
          ...validated(alteration, name),
        ],
      };
    }),
  },
  {
    name: "validate-with-add",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "size",
    title: "`VALIDATE CONSTRAINT` in the transaction that adds it `NOT VALID`",
    elsewhere: {
      squawk: "constraint-missing-not-valid",
      strongMigrations: "validating a constraint in the same migration",
    },
    example: {
      setup: table,
      sql: "ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT total_positive;",
    },
    find: (statement, { history, transactional }) =>
      alterationsIn(statement).flatMap(({ command, table: on, offset }): readonly Match[] => {
        const { subtype, name = "" } = command;
        const mode = subtype === "AT_ValidateConstraint" && transactional ? history.lockOfAdding(on, name) : undefined;
        if (mode === undefined) return [];
        return [
          {
            on,
            offset,
            what: `the lock of adding ${plain(name)} is kept while every row of ${show(on)} is read: NOT VALID saves nothing here`,
            locks: [{ mode, on, work: "scan" }],
            recipe: ["-- in a migration of its own:", alter(on, `VALIDATE CONSTRAINT ${plain(name)}`)],
          },
        ];
      }),
  },
  {
    name: "unique-constraint",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "size",
    title: "a `UNIQUE` constraint that builds its index",
    elsewhere: {
      atlas: "PG105, MF101",
      squawk: "disallowed-unique-constraint",
      strongMigrations: "adding a unique constraint",
    },
    example: { setup: table, sql: "ALTER TABLE orders ADD CONSTRAINT orders_code_key UNIQUE (code);" },
    find: ofNewConstraints(["CONSTR_UNIQUE"], (added) => {
      const { constraint, alteration } = added;
      if (constraint.indexname !== undefined) return undefined;
      const { table: on } = alteration;
      const name = constraint.conname ?? chosenName(on, keysOf(added), "key");
      return {
        what: `nobody reads or writes ${show(on)} while the index of ${plain(name)} is built, and it fails where two rows are equal`,
        locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "build" }],
        recipe: overIndex(added, name, "UNIQUE"),
      };
    }),
  },
  {
    name: "primary-key",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "size",
    title: "a `PRIMARY KEY` that builds its index",
    elsewhere: { atlas: "PG104, PG304", squawk: "adding-serial-primary-key-field" },
    example: { setup: table, sql: "ALTER TABLE orders ADD PRIMARY KEY (id);" },
    find: ofNewConstraints(["CONSTR_PRIMARY"], (added) => {
      const { constraint, alteration } = added;
      if (constraint.indexname !== undefined) return undefined;
      const { table: on } = alteration;
      const name = constraint.conname ?? chosenName(on, [], "pkey");
      return {
        what: `nobody reads or writes ${show(on)} while the index is built and every row is read for nulls`,
        locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "build" }],
        recipe: [
          ...overIndex(added, name, "PRIMARY KEY"),
          "-- columns that may be null: SET NOT NULL by a validated CHECK first (rule set-not-null)",
        ],
      };
    }),
  },
  {
    name: "exclusion-constraint",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "size",
    title: "an `EXCLUDE` constraint",
    elsewhere: { strongMigrations: "adding an exclusion constraint" },
    example: { setup: table, sql: "ALTER TABLE orders ADD CONSTRAINT no_twins EXCLUDE USING btree (code WITH =);" },
    find: ofNewConstraints(["CONSTR_EXCLUSION"], ({ alteration: { table: on } }) => ({
      what: `nobody reads or writes ${show(on)} while the index is built and every row is compared with others`,
      locks: [{ mode: "ACCESS EXCLUSIVE", on, work: "build" }],
      recipe: [
        "-- Postgres has no NOT VALID for it. Where the table cannot stand still: a new table with the constraint,",
        "-- written by a trigger, filled in batches, and swapped by renaming",
      ],
    })),
  },
];
