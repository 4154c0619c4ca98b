import type { ColumnDef, Constraint, Node } from "@pgsql/types";
import type { Work } from "../../../core/table-lock.ts";
import type { Name } from "../lint/names.ts";
import { constraintOf, constraintsIn, functionsIn, isUnchecked, nameOf, stringsIn, typeOf } from "../lint/tree.ts";
import { typeKey } from "./asked.ts";
import type { Catalog, Relation } from "./catalog.ts";
import { exclusive, withHeirs, type Command, type Known, type Need } from "./command.ts";
import { onEach, type Effect } from "./effect.ts";

const serials = new Set(["serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"]);

/** A default that is the same for all rows is kept in the catalog (manual: ALTER TABLE, Notes). */
export function addColumn(column: ColumnDef, { catalog }: Command): Need {
  const value = constraintOf(column, "CONSTR_DEFAULT")?.raw_expr ?? column.raw_default;
  const calls = functionsIn(value);
  const isComputed =
    constraintOf(column, "CONSTR_GENERATED")?.generated_kind === "s" ||
    constraintOf(column, "CONSTR_IDENTITY") !== undefined ||
    serials.has(typeOf(column.typeName)) ||
    calls.some((name) => catalog.volatile.get(name) !== false) ||
    (column.typeName !== undefined && catalog.types.get(typeKey(column.typeName))?.isConstrained === true);
  const all = constraintsIn(column.constraints);
  const has = (type: Constraint["contype"]): boolean => all.some(({ contype }) => contype === type);
  const isFilled = value !== undefined && !isNull(value);
  const isIndexed = has("CONSTR_UNIQUE") || has("CONSTR_PRIMARY") || has("CONSTR_EXCLUSION");
  const isScanned =
    has("CONSTR_CHECK") ||
    (has("CONSTR_FOREIGN") && isFilled) ||
    ((has("CONSTR_NOTNULL") || has("CONSTR_PRIMARY")) && !isFilled);
  return {
    mode: exclusive,
    recurses: true,
    work: isComputed ? "rewrite" : isIndexed ? "build" : isScanned ? "scan" : "moment",
    also: all.flatMap((constraint) => referencedBy(constraint, catalog, isFilled || isComputed ? "query" : "moment")),
  };
}

const isNull = (value: Node): boolean => "A_Const" in value && value.A_Const.isnull === true;

/** The table that a foreign key names, whose triggers it makes. */
const referencedBy = (constraint: Constraint, catalog: Catalog, work: Work): readonly Effect[] =>
  constraint.contype !== "CONSTR_FOREIGN" || constraint.pktable === undefined
    ? []
    : withHeirs(catalog.find(nameOf(constraint.pktable)), catalog, "SHARE ROW EXCLUSIVE", work);

/** A CHECK is compared with every row, an index is built; NOT VALID and USING INDEX leave that out. */
export function addConstraint(constraint: Constraint, { relation, catalog, known, name }: Command): Need {
  const work: Work = isUnchecked(constraint) ? "moment" : "scan";
  switch (constraint.contype) {
    case "CONSTR_FOREIGN":
      return {
        mode: "SHARE ROW EXCLUSIVE",
        work,
        recurses: relation.kind === "partitioned table",
        also: referencedBy(constraint, catalog, isUnchecked(constraint) ? "moment" : "query"),
      };
    case "CONSTR_UNIQUE":
    case "CONSTR_EXCLUSION":
    case "CONSTR_PRIMARY": {
      const isRead =
        constraint.contype === "CONSTR_PRIMARY" &&
        stringsIn(constraint.keys).some((column) => !isNeverNull(relation, column, name, known));
      const isBuilt = constraint.indexname === undefined;
      const parts = isBuilt && relation.kind === "partitioned table" ? catalog.family(relation).slice(1) : [];
      return {
        mode: exclusive,
        work: isBuilt ? "build" : isRead ? "scan" : "moment",
        also: onEach(parts, "SHARE", "build"),
      };
    }
    case "CONSTR_NOTNULL":
      return {
        mode: exclusive,
        recurses: true,
        work: stringsIn(constraint.keys).every((column) => isNeverNull(relation, column, name, known))
          ? "moment"
          : work,
      };
    default:
      return { mode: exclusive, work, recurses: true };
  }
}

/** By NOT NULL, or by a CHECK that all rows pass (manual: ALTER TABLE, SET NOT NULL). */
export function isNeverNull({ columns, checks }: Relation, column: string, name: Name, known: Known): boolean {
  if (columns.get(column)?.isNotNull === true || known.isKnownNotNull(name, column)) return true;
  return checks.some(
    ({ isValid, columns: of, definition }) => isValid && of.includes(column) && says(definition, column),
  );
}

/** Whether `c IS NOT NULL` is all that a CHECK says, or one of the things that it says with AND. */
const says = (definition: string, column: string): boolean =>
  !/\bOR\b|\bNOT \(|\bCASE\b/.test(definition) &&
  [column, `"${column.replaceAll('"', '""')}"`].some((written) => definition.includes(`(${written} IS NOT NULL)`));
