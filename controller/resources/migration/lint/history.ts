import type { AlterTableCmd, Constraint, Node, RangeVar, VariableSetStmt } from "@pgsql/types";
import type { LockMode } from "../../../core/table-lock.ts";
import { keyIn, type Name } from "./names.ts";
import { alterationsIn, type Alteration, type Statement } from "./statement.ts";
import { columnsNotNull, constraintOf, isUnchecked, nameOf, qualifiedName, stringsIn } from "./tree.ts";

/** What the statements so far did, as far as it makes a later one harmless or worse. */
export interface History {
  /** Made by this chain, or temporary: nobody else uses it yet. */
  readonly isNew: (name: Name) => boolean;
  /** A CHECK of which all rows are known to pass says so: SET NOT NULL reads no row then. */
  readonly isKnownNotNull: (table: Name, column: string) => boolean;
  /** Under which lock this file has added the constraint NOT VALID, and holds it still. */
  readonly lockOfAdding: (table: Name, constraint: string) => LockMode | undefined;
  /** Tables of others that this file keeps from being read, as it altered them. */
  readonly lockedHere: () => readonly Name[];
  /** Values that this file added to an enum of others. */
  readonly enumValuesHere: () => readonly { readonly type: Name; readonly value: string }[];
}

export interface Recorder extends History {
  /** @param path in which the file has names looked for, where it sets that; else they are in `public` */
  readonly beginFile: (path: readonly string[] | undefined) => void;
  readonly see: (statement: Statement) => void;
  /** @param keep what this file made counts as new in the next one, too: both are still to run */
  readonly endFile: (keep: boolean) => void;
}

export function newHistory(): Recorder {
  /** By schema. */
  const made = new Map<string, Set<string>>();
  /** Names alone: they lie in a schema of the session's own. */
  const temporary = new Set<string>();
  const notNull = new Map<string, readonly string[]>();
  const known = new Set<string>();
  const added = new Map<string, LockMode>();
  const locked = new Map<string, Name>();
  const values: { readonly type: Name; readonly value: string }[] = [];
  let usual: string | undefined;
  let first: string | undefined;
  // What is made lies in the first schema of the path. There is looked for first, too: a table of another one, further back,
  // counts as new by its whole name only, for one of others may stand before it. Temporary ones hide all (manual: 5.10.3).
  const schemaFor = ({ schema, name }: Name): string | undefined =>
    schema ?? (temporary.has(name) ? temporarySchema : first);
  const keyFor = (name: Name): string => keyIn(schemaFor(name), name.name);
  const isNew = (name: Name): boolean => {
    const schema = schemaFor(name) ?? "public";
    return schema === temporarySchema ? temporary.has(name.name) : made.get(schema)?.has(name.name) === true;
  };
  const inside = (table: Name, name: string): string => `${keyFor(table)}\0${name}`;
  const makeIn = (schema = "public", name: string): void => {
    const names = schema === temporarySchema ? temporary : (made.get(schema) ?? new Set());
    names.add(name);
    if (names !== temporary) made.set(schema, names);
  };
  const make = (name: Name): void => makeIn(schemaFor(name), name.name);
  /** Beside its table: the same schema under another name. */
  const makeBeside = (table: Name, name: string): void => makeIn(schemaFor(table), name);

  const addConstraint = (table: Name, constraint: Constraint): void => {
    const { conname: name } = constraint;
    const columns = constraint.contype === "CONSTR_CHECK" ? columnsNotNull(constraint.raw_expr) : [];
    if (!isUnchecked(constraint)) for (const column of columns) known.add(inside(table, column));
    if (name === undefined) return;
    notNull.set(inside(table, name), columns);
    if (isUnchecked(constraint)) added.set(inside(table, name), lockFor(constraint));
  };
  const alter = ({ table, command }: Alteration): void => {
    const { subtype, name = "", def } = command;
    if (subtype === "AT_ValidateConstraint") {
      for (const column of notNull.get(inside(table, name)) ?? []) known.add(inside(table, column));
      return;
    }
    // A constraint that goes away proves nothing any more; another may, which is not looked for.
    if (subtype === "AT_DropConstraint") {
      for (const column of notNull.get(inside(table, name)) ?? []) known.delete(inside(table, column));
    }
    if (subtype === "AT_AddConstraint" && def !== undefined && "Constraint" in def)
      addConstraint(table, def.Constraint);
    if (subtype === "AT_AddColumn" && def !== undefined && "ColumnDef" in def) {
      const check = constraintOf(def.ColumnDef, "CONSTR_CHECK");
      if (check !== undefined) addConstraint(table, check);
    }
    if (!isNew(table) && !isMild(command)) locked.set(keyFor(table), table);
  };

  return {
    isNew,
    isKnownNotNull: (table, column) => known.has(inside(table, column)),
    lockOfAdding: (table, constraint) => added.get(inside(table, constraint)),
    lockedHere: () => [...locked.values()],
    enumValuesHere: () => values,
    beginFile(path) {
      usual = path?.find((schema) => schema !== "$user");
      first = usual;
    },
    see(statement) {
      const { node } = statement;
      if ("VariableSetStmt" in node) first = pathSetBy(node.VariableSetStmt, usual) ?? first;
      for (const name of madeBy(node)) make(name);
      if ("IndexStmt" in node && node.IndexStmt.relation !== undefined && node.IndexStmt.idxname !== undefined) {
        const table = nameOf(node.IndexStmt.relation);
        if (isNew(table)) makeBeside(table, node.IndexStmt.idxname);
      }
      for (const alteration of alterationsIn(statement)) alter(alteration);
      if ("RenameStmt" in node) {
        const { relation, newname } = node.RenameStmt;
        const old = relation === undefined ? undefined : nameOf(relation);
        if (old !== undefined && newname !== undefined && node.RenameStmt.subname === undefined && isNew(old)) {
          makeBeside(old, newname);
        }
      }
      if ("AlterObjectSchemaStmt" in node) {
        const { relation, newschema } = node.AlterObjectSchemaStmt;
        const old = relation === undefined ? undefined : nameOf(relation);
        if (old !== undefined && newschema !== undefined && isNew(old)) makeIn(newschema, old.name);
      }
      if ("AlterEnumStmt" in node && node.AlterEnumStmt.oldVal === undefined) {
        const { typeName, newVal: value } = node.AlterEnumStmt;
        const type = qualifiedName(stringsIn(typeName));
        if (value !== undefined && !isNew(type)) values.push({ type, value });
      }
    },
    endFile(keep) {
      if (!keep) made.clear();
      // They end with the session of their file.
      temporary.clear();
      first = usual = undefined;
      added.clear();
      locked.clear();
      values.length = 0;
    },
  };
}

const temporarySchema = "pg_temp";

const madeName = (relation: RangeVar): Name => {
  const name = nameOf(relation);
  return relation.relpersistence === "t" ? { ...name, schema: temporarySchema } : name;
};

/** The first schema of `SET search_path`, until the file ends; undefined: it sets something else, or none that has a name. */
function pathSetBy({ name, kind, args = [] }: VariableSetStmt, usual: string | undefined): string | undefined {
  if (name !== "search_path" && kind !== "VAR_RESET_ALL") return undefined;
  // DEFAULT and RESET.
  if (kind !== "VAR_SET_VALUE") return usual ?? "public";
  const schemas = args.flatMap((one) => ("A_Const" in one ? (one.A_Const.sval?.sval ?? []) : []));
  return schemas.find((schema) => schema !== "$user" && schema !== "");
}

/**
 * Relations and types that a statement makes. With IF NOT EXISTS they may have been there: a migration that says so of a
 * table which it does not make itself is rare, and a warning about each index of one that it makes would not be read.
 */
function madeBy(node: Node): readonly Name[] {
  if ("CreateStmt" in node && node.CreateStmt.relation !== undefined) return [madeName(node.CreateStmt.relation)];
  if ("CreateForeignTableStmt" in node) {
    const relation = node.CreateForeignTableStmt.base?.relation;
    return relation === undefined ? [] : [madeName(relation)];
  }
  if ("CreateTableAsStmt" in node) {
    const relation = node.CreateTableAsStmt.into?.rel;
    return relation === undefined ? [] : [madeName(relation)];
  }
  if ("ViewStmt" in node && node.ViewStmt.view !== undefined && node.ViewStmt.replace !== true) {
    return [madeName(node.ViewStmt.view)];
  }
  if ("CreateEnumStmt" in node) return [qualifiedName(stringsIn(node.CreateEnumStmt.typeName))];
  if ("CreateDomainStmt" in node) return [qualifiedName(stringsIn(node.CreateDomainStmt.domainname))];
  if ("CompositeTypeStmt" in node && node.CompositeTypeStmt.typevar !== undefined) {
    return [nameOf(node.CompositeTypeStmt.typevar)];
  }
  if ("CreateSeqStmt" in node && node.CreateSeqStmt.sequence !== undefined)
    return [madeName(node.CreateSeqStmt.sequence)];
  return [];
}

/** Commands under whose lock reads go on (manual: ALTER TABLE, and AlterTableGetLockLevel of the server). */
const mild = new Set([
  "AT_SetStatistics",
  "AT_SetOptions",
  "AT_ResetOptions",
  "AT_SetRelOptions",
  "AT_ResetRelOptions",
  "AT_ValidateConstraint",
  "AT_ClusterOn",
  "AT_DropCluster",
  "AT_AttachPartition",
  "AT_EnableTrig",
  "AT_DisableTrig",
  "AT_EnableTrigAll",
  "AT_DisableTrigAll",
]);
const isMild = ({ subtype, def }: AlterTableCmd): boolean =>
  (subtype !== undefined && mild.has(subtype)) ||
  (subtype === "AT_AddConstraint" && def !== undefined && "Constraint" in def && lockFor(def.Constraint) !== strongest);

/** A foreign key is the one constraint that lets reads go on while it is added. */
const lockFor = ({ contype }: Constraint): LockMode =>
  contype === "CONSTR_FOREIGN" ? "SHARE ROW EXCLUSIVE" : strongest;
const strongest: LockMode = "ACCESS EXCLUSIVE";
