import type { Node } from "@pgsql/types";
import { lockModes, type LockMode, type Work } from "../../../core/table-lock.ts";
import type { Name } from "../lint/names.ts";
import { constraintsIn, hasOption, isUnchecked, nameOf, qualifiedName, stringsIn } from "../lint/tree.ts";
import { alterTable } from "./alter-table.ts";
import { indexName, objectName, ownerOf, rangesIn } from "./asked.ts";
import type { Catalog, Relation } from "./catalog.ts";
import { drop } from "./drop.ts";
import { calm, exclusive, type Known } from "./command.ts";
import { effect, onEach, together, type Effect } from "./effect.ts";
import { namesIn, touchedBy } from "./queries.ts";
import { reached } from "./reaching.ts";

/**
 * What a statement locks of the relations that were there before, and what it does meanwhile (manual: 13.3.1, and the page
 * of each command). Pure. Not seen is what functions, triggers and rules do, nor the rows that foreign keys look up.
 */
export function predict(node: Node, catalog: Catalog, known: Known): readonly Effect[] {
  return together(effectsOf(node, catalog, known));
}

function effectsOf(node: Node, catalog: Catalog, known: Known): readonly Effect[] {
  const find = (range: Parameters<typeof nameOf>[0] | undefined): Relation | undefined =>
    range === undefined ? undefined : catalog.find(nameOf(range));
  const query = (inside: unknown): readonly Effect[] => touchedBy(inside, catalog);

  if ("AlterTableStmt" in node) return alterTable(node.AlterTableStmt, catalog, known);
  if ("DropStmt" in node) return [...drop(node.DropStmt, catalog), ...reached(node, catalog)];
  if ("ReassignOwnedStmt" in node || "DropOwnedStmt" in node || "AlterTableMoveAllStmt" in node)
    return reached(node, catalog);
  if ("IndexStmt" in node) {
    const { relation, concurrent, if_not_exists: ifNotExists } = node.IndexStmt;
    const table = find(relation);
    const name = indexName(node.IndexStmt);
    const isThere = ifNotExists === true && name !== undefined && catalog.find(name) !== undefined;
    if (isThere) return effect(table, concurrent === true ? calm : "SHARE");
    const mode = concurrent === true ? calm : "SHARE";
    if (table?.kind === "partitioned table" && relation?.inh === true)
      return partitioned(table, mode, "build", catalog);
    return effect(table, mode, table?.kind === "partitioned table" ? "moment" : "build");
  }
  if ("CreateStmt" in node) return createTable(node.CreateStmt, catalog);
  if ("RenameStmt" in node) {
    const { relation, renameType, relationType } = node.RenameStmt;
    const renamed = find(relation);
    if (renamed === undefined) return [];
    // An index is renamed while it is used, also by ALTER TABLE (manual: ALTER INDEX).
    if (renamed.kind === "index" || renamed.kind === "partitioned index") return effect(renamed, calm);
    const recurses = renameType === "OBJECT_COLUMN" && relationType !== "OBJECT_TYPE" && relation?.inh === true;
    return onEach(recurses ? catalog.family(renamed) : [renamed], exclusive);
  }
  if ("AlterObjectSchemaStmt" in node) {
    const moved = find(node.AlterObjectSchemaStmt.relation);
    return moved === undefined ? [] : onEach([moved, ...catalog.sequencesOf(moved)], exclusive);
  }
  if ("AlterObjectDependsStmt" in node) return effect(find(node.AlterObjectDependsStmt.relation), exclusive);
  if ("ViewStmt" in node)
    return [...effect(find(node.ViewStmt.view), exclusive), ...namesIn(node.ViewStmt.query, catalog)];
  if ("CreateTableAsStmt" in node) {
    const { into, query: source } = node.CreateTableAsStmt;
    return into?.skipData === true ? namesIn(source, catalog) : query(source);
  }
  if ("RefreshMatViewStmt" in node) {
    const { relation, concurrent, skipData } = node.RefreshMatViewStmt;
    const view = find(relation);
    if (view === undefined) return [];
    const mode: LockMode = concurrent === true ? "EXCLUSIVE" : exclusive;
    const sources = skipData === true ? [] : onEach(catalog.readBy(view), "ACCESS SHARE", "query");
    return [
      ...effect(view, mode, skipData === true ? "moment" : concurrent === true ? "query" : "rewrite"),
      ...sources,
    ];
  }
  if ("TruncateStmt" in node) {
    const { relations = [], restart_seqs: restarts, behavior } = node.TruncateStmt;
    const tables = rangesIn(relations).flatMap((range) => {
      const table = find(range);
      return table === undefined ? [] : range.inh === true ? catalog.family(table) : [table];
    });
    const all = behavior === "DROP_CASCADE" ? withReferencing(tables, catalog) : tables;
    const sequences = restarts === true ? all.flatMap((table) => catalog.sequencesOf(table)) : [];
    return [...onEach(all, exclusive), ...onEach(sequences, exclusive)];
  }
  if ("LockStmt" in node) {
    const mode = lockModes[(node.LockStmt.mode ?? 0) - 1] ?? exclusive;
    return rangesIn(node.LockStmt.relations).flatMap((range) => {
      const locked = find(range);
      if (locked === undefined) return [];
      return onEach([...(range.inh === true ? catalog.family(locked) : [locked]), ...catalog.readBy(locked)], mode);
    });
  }
  if ("ClusterStmt" in node) return effect(find(node.ClusterStmt.relation), exclusive, "rewrite");
  if ("VacuumStmt" in node) {
    const { options, rels = [], is_vacuumcmd: isVacuum } = node.VacuumStmt;
    const isFull = isVacuum === true && hasOption(options, "full");
    return rangesIn(rels).flatMap((range) => {
      const table = find(range);
      return table === undefined
        ? []
        : onEach(catalog.family(table), isFull ? exclusive : calm, isFull ? "rewrite" : "query");
    });
  }
  if ("ReindexStmt" in node) return reindex(node.ReindexStmt, catalog);
  if ("CreateTrigStmt" in node) {
    const { relation, constrrel } = node.CreateTrigStmt;
    const table = find(relation);
    if (table === undefined) return [];
    const all = table.kind === "partitioned table" ? catalog.family(table) : [table];
    return [...onEach(all, "SHARE ROW EXCLUSIVE"), ...effect(find(constrrel), "ACCESS SHARE")];
  }
  if ("RuleStmt" in node) return [...namesIn(node, catalog), ...effect(find(node.RuleStmt.relation), exclusive)];
  if ("CreatePolicyStmt" in node)
    return [...namesIn(node, catalog), ...effect(find(node.CreatePolicyStmt.table), exclusive)];
  if ("AlterPolicyStmt" in node)
    return [...namesIn(node, catalog), ...effect(find(node.AlterPolicyStmt.table), exclusive)];
  if ("CommentStmt" in node) return ofObject(node.CommentStmt.objtype, node.CommentStmt.object, catalog);
  if ("SecLabelStmt" in node) return ofObject(node.SecLabelStmt.objtype, node.SecLabelStmt.object, catalog);
  if ("CreateStatsStmt" in node || "CreatePublicationStmt" in node || "AlterPublicationStmt" in node)
    return rangesIn(node).flatMap((range) => effect(find(range), calm));
  if ("AlterSeqStmt" in node)
    return [
      ...effect(find(node.AlterSeqStmt.sequence), "SHARE ROW EXCLUSIVE"),
      ...ownersIn(node.AlterSeqStmt.options, catalog),
    ];
  if ("CreateSeqStmt" in node) return ownersIn(node.CreateSeqStmt.options, catalog);
  if ("AlterDomainStmt" in node) return alterDomain(node.AlterDomainStmt, catalog);
  if ("ExplainStmt" in node) return query(node.ExplainStmt.query);
  if ("CopyStmt" in node) {
    const { relation, is_from: isFrom, query: source } = node.CopyStmt;
    return [...query(source), ...effect(find(relation), isFrom === true ? "ROW EXCLUSIVE" : "ACCESS SHARE", "query")];
  }
  if (
    "SelectStmt" in node ||
    "InsertStmt" in node ||
    "UpdateStmt" in node ||
    "DeleteStmt" in node ||
    "MergeStmt" in node
  )
    return query(node);
  return [];
}

/** A partitioned table has no rows: what is done to it is done to its partitions. */
const partitioned = (table: Relation, mode: LockMode, work: Work, catalog: Catalog): readonly Effect[] => [
  ...effect(table, mode),
  ...onEach(catalog.family(table).slice(1), mode, work),
];

function createTable(
  {
    relation,
    tableElts = [],
    inhRelations = [],
    partbound,
    constraints,
  }: Extract<Node, { CreateStmt: unknown }>["CreateStmt"],
  catalog: Catalog,
): readonly Effect[] {
  // IF NOT EXISTS of one that is there does nothing.
  if (relation !== undefined && catalog.find(nameOf(relation)) !== undefined) return [];
  const columns = tableElts.flatMap((one) => ("ColumnDef" in one ? constraintsIn(one.ColumnDef.constraints) : []));
  const keys = [...columns, ...constraintsIn(tableElts), ...constraintsIn(constraints)].flatMap(({ pktable }) =>
    pktable === undefined ? [] : [pktable],
  );
  const parents = rangesIn(inhRelations).flatMap((range) => catalog.find(nameOf(range)) ?? []);
  return [
    ...tableElts.flatMap((one) => ("TableLikeClause" in one ? namesIn(one, catalog) : [])),
    ...keys.flatMap((range) => {
      const other = catalog.find(nameOf(range));
      return other === undefined
        ? []
        : other.kind === "partitioned table"
          ? onEach(catalog.family(other), "SHARE ROW EXCLUSIVE")
          : effect(other, "SHARE ROW EXCLUSIVE");
    }),
    // A partition changes what its parent's rows may be, an heir does not.
    ...onEach(parents, partbound === undefined ? calm : exclusive),
    ...(partbound === undefined
      ? []
      : parents.flatMap((parent) => effect(catalog.defaultOf(parent), exclusive, "scan"))),
  ];
}

function reindex(
  { kind, relation, params }: Extract<Node, { ReindexStmt: unknown }>["ReindexStmt"],
  catalog: Catalog,
): readonly Effect[] {
  const found = relation === undefined ? undefined : catalog.find(nameOf(relation));
  if (found === undefined) return [];
  const isCalm = hasOption(params, "concurrently");
  const mode = isCalm ? calm : "SHARE";
  if (kind !== "REINDEX_OBJECT_INDEX") return onEach(catalog.family(found), mode, "build");
  return [...effect(found, isCalm ? calm : exclusive, "build"), ...effect(catalog.tableOf(found), mode, "build")];
}

/** Every table that has a column of the domain is read. What is NOT VALID is only noted. */
function alterDomain(
  { subtype, typeName, def }: Extract<Node, { AlterDomainStmt: unknown }>["AlterDomainStmt"],
  catalog: Catalog,
): readonly Effect[] {
  const isAdded = subtype === "C" && def !== undefined && "Constraint" in def && !isUnchecked(def.Constraint);
  if (!isAdded && subtype !== "O" && subtype !== "V") return [];
  const oids = catalog.usersOf(qualifiedName(stringsIn(typeName)));
  const mode: LockMode = subtype === "V" && catalog.major >= 18 ? calm : "SHARE";
  return catalog.relations.flatMap((relation) => (oids.includes(relation.oid) ? effect(relation, mode, "scan") : []));
}

function ofObject(type: string | undefined, object: Node | undefined, catalog: Catalog): readonly Effect[] {
  const name = object === undefined ? undefined : objectName(type, object);
  // What belongs to a relation is locked by itself.
  const mode: LockMode = parts.test(type ?? "") ? "ACCESS SHARE" : calm;
  return name === undefined ? [] : effect(catalog.find(name), mode);
}

const parts = /_(?:TABCONSTRAINT|TRIGGER|RULE|POLICY)$/;

const ownersIn = (options: readonly Node[] = [], catalog: Catalog): readonly Effect[] =>
  options.flatMap((option) => {
    const name: Name | undefined = ownerOf(option);
    return name === undefined ? [] : effect(catalog.find(name), "ACCESS SHARE");
  });

/** With all whose foreign keys name them, and those whose foreign keys name these. */
function withReferencing(tables: readonly Relation[], catalog: Catalog): readonly Relation[] {
  const all = new Map(tables.map((table) => [table.oid, table]));
  // A map hands out what is added while it is walked.
  for (const table of all.values()) for (const { other } of catalog.referencing(table)) all.set(other.oid, other);
  return [...all.values()];
}
