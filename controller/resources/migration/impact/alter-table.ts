import type { AlterTableStmt, ColumnDef, Node } from "@pgsql/types";
import { stronger, type LockMode, type Work } from "../../../core/table-lock.ts";
import { nameOf, qualifiedName, stringsIn } from "../lint/tree.ts";
import { addColumn, addConstraint, isNeverNull } from "./added.ts";
import type { Catalog, Relation } from "./catalog.ts";
import { keepsOrder, keepsStorage } from "./column-type.ts";
import { calm, exclusive, withHeirs, type Command, type Known, type Need } from "./command.ts";
import { effect, longer, onEach, type Effect } from "./effect.ts";

/**
 * ALTER TABLE, and ALTER INDEX, VIEW, SEQUENCE … that are the same to the server: all commands run under the strongest of
 * their locks (manual: ALTER TABLE; AlterTableGetLockLevel of the server).
 */
export function alterTable(statement: AlterTableStmt, catalog: Catalog, known: Known): readonly Effect[] {
  const { relation: range, cmds = [] } = statement;
  const name = range === undefined ? undefined : nameOf(range);
  const relation = name === undefined ? undefined : catalog.find(name);
  if (name === undefined || relation === undefined) return [];
  const needs = cmds.flatMap((node) =>
    "AlterTableCmd" in node ? [needOf({ cmd: node.AlterTableCmd, relation, name, catalog, known })] : [],
  );
  const mode = needs.reduce<LockMode>((most, need) => stronger(most, need.mode), "ACCESS SHARE");
  const of = (some: readonly Need[]): Work =>
    some.reduce<Work>((most, { work = "moment" }) => longer(most, work), "moment");
  const below = range?.inh === true ? needs.filter(({ recurses }) => recurses === true) : [];
  const heirs = below.length === 0 ? [] : catalog.family(relation).slice(1);
  return [
    ...effect(relation, mode, relation.kind === "partitioned table" ? "moment" : of(needs)),
    ...onEach(heirs, mode, of(below)),
    ...needs.flatMap(({ also = [] }) => also),
  ];
}

function needOf(command: Command): Need {
  const { cmd, relation, catalog } = command;
  const { subtype = "AT_AddColumn", name = "", def } = cmd;
  const known = table[subtype];
  if (known !== undefined) return known;
  switch (subtype) {
    case "AT_AddColumn":
      return def !== undefined && "ColumnDef" in def ? addColumn(def.ColumnDef, command) : { mode: exclusive };
    case "AT_DropColumn":
      return { mode: exclusive, recurses: true, also: [...keysWith(relation, name, catalog), ...goingWith(command)] };
    case "AT_AlterColumnType":
      return def !== undefined && "ColumnDef" in def ? alterType(def.ColumnDef, command) : { mode: exclusive };
    case "AT_SetNotNull":
      return { mode: exclusive, recurses: true, work: setNotNull(command) };
    case "AT_SetExpression":
      return {
        mode: exclusive,
        recurses: true,
        work: relation.columns.get(name)?.generated === "v" ? "moment" : "rewrite",
      };
    case "AT_AddConstraint":
      return def !== undefined && "Constraint" in def ? addConstraint(def.Constraint, command) : { mode: exclusive };
    case "AT_ValidateConstraint":
      return validate(command);
    case "AT_DropConstraint":
      return { mode: exclusive, recurses: true, also: partnersOf(relation, name, catalog) };
    case "AT_SetLogged":
      return { mode: exclusive, work: relation.isLogged ? "moment" : "rewrite" };
    case "AT_SetUnLogged":
      return { mode: exclusive, work: relation.isLogged ? "rewrite" : "moment" };
    case "AT_SetTableSpace":
      return { mode: exclusive, work: (relation.tablespace || "pg_default") === name ? "moment" : "rewrite" };
    case "AT_SetAccessMethod":
      return { mode: exclusive, work: relation.accessMethod === (name || "heap") ? "moment" : "rewrite" };
    case "AT_SetRelOptions":
    case "AT_ResetRelOptions":
      return { mode: optionsIn(def).every((option) => calmOptions.has(option)) ? calm : exclusive };
    case "AT_AttachPartition":
      return attach(command);
    case "AT_DetachPartition":
    case "AT_DetachPartitionFinalize":
      return detach(command);
    case "AT_AddInherit":
    case "AT_DropInherit":
      return {
        mode: exclusive,
        also: effect(parentOf(def, catalog), subtype === "AT_AddInherit" ? calm : "ACCESS SHARE"),
      };
    case "AT_AddOf":
      return { mode: exclusive, also: effect(typeIn(def, catalog), "ACCESS SHARE") };
    case "AT_SetIdentity":
      return { mode: exclusive, also: onEach(catalog.sequencesOf(relation, name), "SHARE ROW EXCLUSIVE") };
    case "AT_DropIdentity":
      return { mode: exclusive, also: onEach(catalog.sequencesOf(relation, name), exclusive) };
    default:
      return { mode: exclusive };
  }
}

/** What needs nothing but its lock. What is in no line here takes ACCESS EXCLUSIVE for a moment. */
const table: { readonly [subtype: string]: Need } = {
  AT_ColumnDefault: { mode: exclusive, recurses: true },
  AT_DropNotNull: { mode: exclusive, recurses: true },
  AT_DropExpression: { mode: exclusive, recurses: true },
  AT_SetStorage: { mode: exclusive, recurses: true },
  AT_SetStatistics: { mode: calm, recurses: true },
  AT_SetOptions: { mode: calm },
  AT_ResetOptions: { mode: calm },
  AT_ClusterOn: { mode: calm },
  AT_DropCluster: { mode: calm },
  AT_EnableTrig: { mode: "SHARE ROW EXCLUSIVE", recurses: true },
  AT_EnableAlwaysTrig: { mode: "SHARE ROW EXCLUSIVE", recurses: true },
  AT_EnableReplicaTrig: { mode: "SHARE ROW EXCLUSIVE", recurses: true },
  AT_EnableTrigAll: { mode: "SHARE ROW EXCLUSIVE", recurses: true },
  AT_EnableTrigUser: { mode: "SHARE ROW EXCLUSIVE", recurses: true },
  AT_DisableTrig: { mode: "SHARE ROW EXCLUSIVE", recurses: true },
  AT_DisableTrigAll: { mode: "SHARE ROW EXCLUSIVE", recurses: true },
  AT_DisableTrigUser: { mode: "SHARE ROW EXCLUSIVE", recurses: true },
};

/** Storage parameters that work from now on, and need no more than {@link calm} (the server's reloptions.c). */
const calmOptions: ReadonlySet<string> = new Set([
  ..."fillfactor toast_tuple_target parallel_workers vacuum_index_cleanup vacuum_truncate deduplicate_items".split(" "),
  ..."log_autovacuum_min_duration vacuum_max_eager_freeze_failure_rate autovacuum_enabled".split(" "),
  ..."autovacuum_vacuum_threshold autovacuum_vacuum_max_threshold autovacuum_vacuum_insert_threshold".split(" "),
  ..."autovacuum_vacuum_scale_factor autovacuum_vacuum_insert_scale_factor autovacuum_analyze_threshold".split(" "),
  ..."autovacuum_analyze_scale_factor autovacuum_vacuum_cost_delay autovacuum_vacuum_cost_limit".split(" "),
  ..."autovacuum_freeze_min_age autovacuum_freeze_max_age autovacuum_freeze_table_age".split(" "),
  ..."autovacuum_multixact_freeze_min_age autovacuum_multixact_freeze_max_age".split(" "),
  ..."autovacuum_multixact_freeze_table_age".split(" "),
]);

const optionsIn = (def: Node | undefined): readonly string[] =>
  def === undefined || !("List" in def)
    ? []
    : (def.List.items ?? []).flatMap((item) => ("DefElem" in item ? [item.DefElem.defname ?? ""] : []));

const typeIn = (def: Node | undefined, catalog: Catalog): Relation | undefined =>
  def !== undefined && "TypeName" in def ? catalog.find(qualifiedName(stringsIn(def.TypeName.names))) : undefined;

const parentOf = (def: Node | undefined, catalog: Catalog): Relation | undefined =>
  def !== undefined && "RangeVar" in def ? catalog.find(nameOf(def.RangeVar)) : undefined;

const setNotNull = ({ cmd: { name = "" }, relation, name: table, known }: Command): Work =>
  isNeverNull(relation, name, table, known) ? "moment" : "scan";

/** What depends on the column is made anew with it: constraints are checked again, foreign keys at both ends. */
function alterType(column: ColumnDef, { cmd: { name = "" }, relation, catalog }: Command): Need {
  const old = relation.columns.get(name);
  const type = column.raw_default === undefined ? column.typeName : undefined;
  const isKept = old !== undefined && type !== undefined && keepsStorage(old, type, catalog);
  const isOrderedAlike = isKept && keepsOrder(old, type, catalog);
  const isChecked = relation.checks.some(({ columns, isValid }) => isValid && columns.includes(name));
  // Indexes of partitions are built anew in any case.
  const isBuilt = relation.indexed.includes(name) && (!isOrderedAlike || relation.kind === "partitioned table");
  return {
    mode: exclusive,
    recurses: true,
    work: !isKept ? "rewrite" : isBuilt ? "build" : isChecked ? "scan" : "moment",
    also: keysWith(relation, name, catalog, isOrderedAlike ? "moment" : "query"),
  };
}

/** Tables at the other end of foreign keys that the column is part of. */
const keysWith = (relation: Relation, column: string, catalog: Catalog, work: Work = "moment"): readonly Effect[] => [
  ...catalog
    .referenced(relation)
    .flatMap(({ columns, other }) => (columns.includes(column) ? effect(other, exclusive, work) : [])),
  ...catalog
    .referencing(relation)
    .flatMap(({ keys, other }) => (keys.includes(column) ? effect(other, exclusive, work) : [])),
];

/** What goes with the column. */
const goingWith = ({ cmd: { behavior, name = "" }, relation, catalog }: Command): readonly Effect[] => [
  ...onEach(catalog.sequencesOf(relation, name), exclusive),
  ...(behavior === "DROP_CASCADE" ? onEach(catalog.viewsOf(relation, name), exclusive) : []),
];

/** The triggers of a foreign key go from the other table, too. */
const partnersOf = (relation: Relation, constraint: string, catalog: Catalog): readonly Effect[] =>
  catalog
    .referenced(relation)
    .flatMap(({ name, other }) => (name === constraint ? withHeirs(other, catalog, exclusive) : []));

/** What is valid already is not looked at again. */
function validate({ cmd: { name = "" }, relation, catalog }: Command): Need {
  const isOf = (one: { readonly name: string }): boolean => one.name === name;
  const key = catalog.referenced(relation).find(isOf);
  if ((key ?? relation.checks.find(isOf))?.isValid === true) return { mode: calm, recurses: true };
  return {
    mode: calm,
    work: "scan",
    recurses: true,
    ...(key === undefined ? {} : { also: withHeirs(key.other, catalog, "ROW SHARE", "query") }),
  };
}

/** The new partition is read unless a CHECK proves its bounds, and the default one, whether it holds a row of it. */
function attach({ cmd: { def }, relation, catalog }: Command): Need {
  const range = def !== undefined && "PartitionCmd" in def ? def.PartitionCmd.name : undefined;
  const part = range === undefined ? undefined : catalog.find(nameOf(range));
  if (relation.kind === "partitioned index" || relation.kind === "index") {
    const of = part === undefined ? undefined : catalog.tableOf(part);
    return {
      mode: calm,
      also: [
        ...effect(part, exclusive),
        ...effect(of, "ACCESS SHARE"),
        ...effect(catalog.tableOf(relation), "ACCESS SHARE"),
      ],
    };
  }
  return {
    mode: calm,
    also: [
      ...(part === undefined ? [] : onEach(catalog.family(part), exclusive, "scan")),
      ...effect(catalog.defaultOf(relation), exclusive, "scan"),
    ],
  };
}

function detach({ cmd: { subtype, def }, relation, catalog }: Command): Need {
  const command = def !== undefined && "PartitionCmd" in def ? def.PartitionCmd : undefined;
  const part = command?.name === undefined ? undefined : catalog.find(nameOf(command.name));
  const isCalm = command?.concurrent === true || subtype === "AT_DetachPartitionFinalize";
  return {
    mode: isCalm ? calm : exclusive,
    also: [...effect(part, exclusive), ...effect(catalog.defaultOf(relation), exclusive)],
  };
}
