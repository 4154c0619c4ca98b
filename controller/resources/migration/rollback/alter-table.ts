import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint, Node } from "@pgsql/types";
import { plain } from "../lint/names.ts";
import { constraintsIn } from "../lint/tree.ts";
import { relation } from "./names.ts";
import { maybeThere, why, type Undo } from "./undo.ts";

const words: Partial<Record<NonNullable<AlterTableStmt["objtype"]>, string>> = {
  OBJECT_TABLE: "table",
  OBJECT_FOREIGN_TABLE: "foreign table",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_VIEW: "view",
  OBJECT_INDEX: "index",
  OBJECT_SEQUENCE: "sequence",
};

/** Each command by itself, the last one first. */
export function undoAlterTable({
  relation: table,
  cmds = [],
  objtype = "OBJECT_TABLE",
}: AlterTableStmt): readonly Undo[] {
  const word = words[objtype];
  if (word === undefined) return [why("what it was before is not in the file")];
  const only = table?.inh === true || objtype !== "OBJECT_TABLE" ? "" : "only ";
  const head = `alter ${word} ${only}${relation(table)}`;
  return cmds
    .flatMap((node): readonly Undo[] => ("AlterTableCmd" in node ? [undoCommand(node.AlterTableCmd)] : []))
    .map((undo) => (typeof undo === "object" && "sql" in undo ? { ...undo, sql: `${head} ${undo.sql}` } : undo))
    .toReversed();
}

type Handler = (command: AlterTableCmd) => Undo;

const unknownBefore = "what it was before is not in the file";

/** Without their table. Types of commands: src/include/nodes/parsenodes.h, AlterTableType. */
const handlers: Partial<Record<NonNullable<AlterTableCmd["subtype"]>, Handler>> = {
  AT_AddColumn: undoAddColumn,
  AT_AddConstraint: undoAddConstraint,
  AT_ColumnDefault: ({ name, def }) =>
    def === undefined
      ? why("the default that it drops is not in the file")
      : { sql: `alter column ${quoted(name)} drop default`, note: "if it had another default before, set that one" },
  AT_SetNotNull: ({ name }) => ({ sql: `alter column ${quoted(name)} drop not null` }),
  AT_DropNotNull: ({ name }) => ({
    sql: `alter column ${quoted(name)} set not null`,
    note: "fails when a null has come in meanwhile",
  }),
  AT_AddIdentity: ({ name }) => ({ sql: `alter column ${quoted(name)} drop identity` }),
  AT_SetStatistics: ({ name }) => ({
    sql: `alter column ${quoted(name)} set statistics -1`,
    note: "the default; if another target was set before, set that one",
  }),
  AT_ValidateConstraint: () => "nothing",
  AT_EnableTrig: ({ name }) => ({ sql: `disable trigger ${quoted(name)}` }),
  AT_DisableTrig: ({ name }) => ({ sql: `enable trigger ${quoted(name)}` }),
  AT_EnableRowSecurity: () => ({ sql: "disable row level security" }),
  AT_DisableRowSecurity: () => ({ sql: "enable row level security" }),
  AT_ForceRowSecurity: () => ({ sql: "no force row level security" }),
  AT_NoForceRowSecurity: () => ({ sql: "force row level security" }),
  AT_SetLogged: () => ({ sql: "set unlogged" }),
  AT_SetUnLogged: () => ({ sql: "set logged" }),
  AT_ClusterOn: () => ({
    sql: "set without cluster",
    note: "if it was clustered on another index before, name that one",
  }),
  AT_AddInherit: ({ def }) => ({ sql: `no inherit ${relation(rangeIn(def))}` }),
  AT_DropInherit: ({ def }) => ({ sql: `inherit ${relation(rangeIn(def))}` }),
  AT_AttachPartition: ({ def }) => ({
    sql: `detach partition ${relation(def !== undefined && "PartitionCmd" in def ? def.PartitionCmd.name : undefined)}`,
  }),
  AT_DetachPartition: () => why("the bounds of the partition are not in the file"),
  AT_DropColumn: () =>
    why("the column and its data are gone; restore them from a backup, or keep the column until nobody needs it"),
  AT_DropConstraint: () => why("the constraint that it drops is not in the file; `poststack db dump` of before has it"),
  AT_AlterColumnType: () => why("the type of before is not in the file, nor whether values were lost on the way"),
  AT_ChangeOwner: () => why("the owner of before is not in the file"),
};

const undoCommand = (command: AlterTableCmd): Undo =>
  handlers[command.subtype ?? "AT_AddColumn"]?.(command) ?? why(unknownBefore);

function undoAddColumn({ def, missing_ok: mayBe }: AlterTableCmd): Undo {
  const column: ColumnDef = def !== undefined && "ColumnDef" in def ? def.ColumnDef : {};
  const sql = `drop column ${quoted(column.colname)}`;
  return mayBe === true ? maybeThere(sql) : { sql };
}

function undoAddConstraint({ def }: AlterTableCmd): Undo {
  const [constraint]: readonly Constraint[] = constraintsIn(def === undefined ? [] : [def]);
  return constraint?.conname === undefined
    ? why("the constraint has no name of its own: give it one, then it is `drop constraint` of that name")
    : { sql: `drop constraint ${plain(constraint.conname)}` };
}

const quoted = (name: string | undefined): string => plain(name ?? "");

const rangeIn = (def: Node | undefined) => (def !== undefined && "RangeVar" in def ? def.RangeVar : undefined);
