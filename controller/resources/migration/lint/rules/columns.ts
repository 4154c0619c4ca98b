import type { ColumnDef } from "@pgsql/types";
import { alter, clauseOf, columnText, columnWithout, inBatches, later } from "../clauses.ts";
import type { Context, Match, Rule } from "../rule.ts";
import { plain, show } from "../names.ts";
import { alterationsIn, type Alteration, type Statement } from "../statement.ts";
import { constraintOf, functionsIn, typeOf } from "../tree.ts";

const table = "CREATE TABLE orders (id bigint PRIMARY KEY, total int, note text);";

type FindColumn = (column: ColumnDef, alteration: Alteration) => readonly Omit<Match, "on" | "offset">[];

/** Of each ADD COLUMN. */
const ofNewColumns =
  (find: FindColumn): Rule["find"] =>
  (statement: Statement, _context: Context) =>
    alterationsIn(statement).flatMap((alteration) => {
      const { command, table: on, offset } = alteration;
      const { def } = command;
      if (command.subtype !== "AT_AddColumn" || def === undefined || !("ColumnDef" in def)) return [];
      return find(def.ColumnDef, alteration).map((match) => ({ ...match, on, offset }));
    });

const rewrite = ({ table: on }: Alteration): Match["locks"] => [{ mode: "ACCESS EXCLUSIVE", on, work: "rewrite" }];
const moment = ({ table: on }: Alteration): Match["locks"] => [{ mode: "ACCESS EXCLUSIVE", on, work: "moment" }];

/** First without the default, then for new rows, then the old ones a few at a time. */
function filledLater(column: ColumnDef, alteration: Alteration, value: string): readonly string[] {
  const { table: on } = alteration;
  const text = columnText(alteration);
  const name = plain(column.colname ?? "");
  return [
    alter(on, `ADD COLUMN ${columnWithout(text, "default", "not null", "generated")}`),
    ...(value === "" ? [] : [alter(on, `ALTER COLUMN ${name} SET DEFAULT ${value}`)]),
    later,
    ...inBatches(on, `UPDATE ${show(on)} SET ${name} = ${value === "" ? "…" : "DEFAULT"}`, `${name} IS NULL`),
  ];
}

const serials = new Set(["serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"]);

/** Adding columns to tables that are in use. */
export const columnRules: readonly Rule[] = [
  {
    name: "volatile-default",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "size",
    title: "a new column whose default differs from row to row",
    elsewhere: {
      atlas: "PG302",
      squawk: "adding-field-with-default",
      strongMigrations: "adding a column with a default value (volatile)",
    },
    example: { setup: table, sql: "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();" },
    // A default that is the same for all rows is kept in the catalog, and no row is written (manual: ALTER TABLE, Notes).
    find: ofNewColumns((column, alteration) => {
      const calls = functionsIn(constraintOf(column, "CONSTR_DEFAULT")?.raw_expr).filter((name) => !steady.has(name));
      if (calls.length === 0) return [];
      const on = show(alteration.table);
      const isKnown = calls.some((name) => volatile.has(name));
      return [
        {
          what: `${isKnown ? "" : "unless it is marked STABLE or IMMUTABLE, "}${calls.join(", ")}() gives each row of ${on} a value of its own, so the whole table is written anew`,
          locks: rewrite(alteration),
          recipe: filledLater(column, alteration, clauseOf(columnText(alteration), "default")),
        },
      ];
    }),
  },
  {
    name: "stored-generated-column",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "size",
    title: "a new generated column that is stored",
    elsewhere: { squawk: "adding-field-with-default", strongMigrations: "adding a stored generated column" },
    example: {
      setup: table,
      sql: "ALTER TABLE orders ADD COLUMN gross int GENERATED ALWAYS AS (total * 2) STORED;",
    },
    find: ofNewColumns((column, alteration) => {
      if (constraintOf(column, "CONSTR_GENERATED")?.generated_kind !== "s") return [];
      return [
        {
          what: `the column is computed for every row of ${show(alteration.table)}, so the whole table is written anew`,
          locks: rewrite(alteration),
          recipe: [
            "-- with a plain column and a trigger that sets it, or from Postgres 18 on VIRTUAL instead of STORED",
            ...filledLater(column, alteration, ""),
          ],
        },
      ];
    }),
  },
  {
    name: "auto-increment-column",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "size",
    title: "a new serial or identity column",
    elsewhere: {
      atlas: "PG302",
      squawk: "adding-serial-primary-key-field",
      strongMigrations: "adding an auto-incrementing column",
    },
    example: { setup: table, sql: "ALTER TABLE orders ADD COLUMN number bigserial;" },
    find: ofNewColumns((column, alteration) => {
      const isIdentity = constraintOf(column, "CONSTR_IDENTITY") !== undefined;
      if (!isIdentity && !serials.has(typeOf(column.typeName))) return [];
      const { table: on } = alteration;
      const name = plain(column.colname ?? "");
      const sequence = plain(`${on.name}_${column.colname ?? ""}_seq`);
      return [
        {
          what: `every row of ${show(on)} gets a number, so the whole table is written anew`,
          locks: rewrite(alteration),
          recipe: [
            `CREATE SEQUENCE ${sequence};`,
            alter(on, `ADD COLUMN ${name} bigint`),
            alter(on, `ALTER COLUMN ${name} SET DEFAULT nextval('${sequence.replaceAll("'", "''")}')`),
            `ALTER SEQUENCE ${sequence} OWNED BY ${show(on)}.${name};`,
            later,
            ...inBatches(on, `UPDATE ${show(on)} SET ${name} = DEFAULT`, `${name} IS NULL`),
          ],
        },
      ];
    }),
  },
  {
    name: "required-column",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "rows",
    title: "a new column that is `NOT NULL` and has no default",
    elsewhere: {
      atlas: "MF103",
      squawk: "adding-required-field",
      strongMigrations: "adding a column that is NOT NULL",
    },
    example: { setup: table, sql: "ALTER TABLE orders ADD COLUMN state text NOT NULL;" },
    find: ofNewColumns((column, alteration) => {
      const has = (type: Parameters<typeof constraintOf>[1]): boolean => constraintOf(column, type) !== undefined;
      const isRequired = has("CONSTR_NOTNULL") || has("CONSTR_PRIMARY");
      const isFilled = has("CONSTR_DEFAULT") || has("CONSTR_IDENTITY") || has("CONSTR_GENERATED");
      if (!isRequired || isFilled || serials.has(typeOf(column.typeName))) return [];
      const { table: on } = alteration;
      const name = plain(column.colname ?? "");
      return [
        {
          what: `it fails as soon as ${show(on)} has a row, and INSERTs of the release that runs do not name ${name}`,
          locks: moment(alteration),
          recipe: [
            "-- with a default, which costs nothing when it is the same for all rows:",
            alter(on, `ADD COLUMN ${columnText(alteration).head} DEFAULT … NOT NULL`),
            "-- or without NOT NULL, to be set when every release fills it",
          ],
        },
      ];
    }),
  },
  {
    name: "json-column",
    nodes: ["AlterTableStmt"],
    level: "warning",
    weight: "never",
    title: "a new column of type `json`",
    elsewhere: { strongMigrations: "adding a json column" },
    example: { setup: table, sql: "ALTER TABLE orders ADD COLUMN extra json;" },
    find: ofNewColumns((column, alteration) =>
      typeOf(column.typeName) !== "json" || column.typeName?.arrayBounds !== undefined
        ? []
        : [
            {
              what: `json has no equality: SELECT DISTINCT, UNION and GROUP BY over all columns of ${show(alteration.table)} fail from then on`,
              locks: moment(alteration),
              recipe: [alter(alteration.table, alteration.text.replace(/\bjson\b/i, "jsonb"))],
            },
          ],
    ),
  },
  {
    name: "column-type-change",
    nodes: ["AlterTableStmt"],
    level: "error",
    weight: "size",
    title: "another type for a column",
    elsewhere: { atlas: "PG301", squawk: "changing-column-type", strongMigrations: "changing the type of a column" },
    example: { setup: table, sql: "ALTER TABLE orders ALTER COLUMN total TYPE bigint;" },
    find(statement) {
      return alterationsIn(statement).flatMap((alteration): readonly Match[] => {
        const { command, table: on, text, offset } = alteration;
        if (command.subtype !== "AT_AlterColumnType") return [];
        const column = command.name ?? "";
        const type = /\btype\s+([\s\S]+?)(?:\s+(?:using|collate)\b[\s\S]*)?$/i.exec(text)?.[1] ?? "…";
        const isUsing =
          command.def !== undefined && "ColumnDef" in command.def && command.def.ColumnDef.raw_default !== undefined;
        const next = `${column}_new`;
        return [
          {
            on,
            offset,
            ...(isUsing ? {} : { newType: { column, type: type.toLowerCase().replaceAll(/\s+/g, " ") } }),
            what: `every row of ${show(on)} gets the new type of ${plain(column)}: the table and its indexes are written anew`,
            locks: rewrite(alteration),
            recipe: [
              alter(on, `ADD COLUMN ${plain(next)} ${type}`),
              "-- a release that writes both columns",
              later,
              ...inBatches(
                on,
                `UPDATE ${show(on)} SET ${plain(next)} = ${plain(column)}`,
                `${plain(next)} IS DISTINCT FROM ${plain(column)}`,
              ),
              "-- a release that reads the new one, and one that no longer writes the old one",
              later,
              alter(on, `DROP COLUMN ${plain(column)}`),
            ],
          },
        ];
      });
    },
  },
];

/** Functions whose value differs from row to row (pg_proc.provolatile is "v"). */
const volatile = new Set([
  ..."random random_normal gen_random_uuid uuidv4 uuidv7 uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4".split(
    " ",
  ),
  ..."clock_timestamp timeofday nextval currval lastval setval gen_random_bytes gen_salt pg_sleep".split(" "),
]);

/** Functions that people write into defaults and that give the same for all rows of one statement ("i" and "s"). */
const steady = new Set([
  ..."now transaction_timestamp statement_timestamp timezone date_trunc date_part date to_char to_timestamp".split(" "),
  ..."make_date make_time make_interval make_timestamp make_timestamptz age justify_interval isfinite".split(" "),
  ..."lower upper trim btrim ltrim rtrim concat concat_ws format length left right replace substring repeat".split(" "),
  ..."md5 sha256 encode decode chr ascii abs round floor ceil ceiling trunc mod power sqrt greatest least".split(" "),
  ..."json_build_object jsonb_build_object json_build_array jsonb_build_array to_json to_jsonb json_object".split(" "),
  ..."jsonb_object array_to_json row_to_json hstore array_fill string_to_array current_setting quote_literal".split(
    " ",
  ),
  ..."current_database current_schema uuid_nil inet_client_addr int4range tstzrange daterange numrange".split(" "),
]);
