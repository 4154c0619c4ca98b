import type { Hazard } from "../../../core/action.ts";
import type { InTheWay, RelationImpact, StatementImpact } from "../../../core/impact.ts";
import { blockedBy, doConflict, lockModes, type LockMode } from "../../../core/table-lock.ts";
import type { Node } from "@pgsql/types";
import { hasOption } from "../lint/tree.ts";
import { show } from "../lint/names.ts";
import type { Statement } from "../lint/statement.ts";
import { placeAt, type Source } from "../source.ts";
import { shortName, type Catalog, type Holder } from "./catalog.ts";
import type { Known } from "./command.ts";
import type { Effect } from "./effect.ts";
import { predict } from "./predict.ts";
import { sizeOf } from "./sizes.ts";

/** What one statement of a file does, with how large it is and who is in its way now. */
export function impactOf(statement: Statement, source: Source, catalog: Catalog, known: Known): StatementImpact {
  const { node, text, offset } = statement;
  const isPatient = waitsForAll(node);
  return {
    statement: onOneLine(text),
    place: placeAt(source, offset),
    relations: predict(node, catalog, known).map((effect) => relationImpact(effect, isPatient, catalog)),
  };
}

/** Characters of a statement: it may be megabytes of rows. */
const longestStatement = 300;

function onOneLine(text: string): string {
  const line = text.slice(0, 10 * longestStatement).replaceAll(/\s+/g, " ");
  return line.length > longestStatement ? `${line.slice(0, longestStatement)}…` : line;
}

function relationImpact({ relation, mode, work }: Effect, isPatient: boolean, catalog: Catalog): RelationImpact {
  return {
    name: show(shortName(relation.name)),
    kind: relation.kind,
    lock: mode,
    blocks: blockedBy(mode),
    work,
    ...sizeOf(relation, catalog),
    inTheWay: catalog.holders.filter((holder) => isInTheWay(holder, relation.oid, mode, isPatient)).map(plainHolder),
  };
}

const plainHolder = ({ locks: _locks, ...holder }: Holder): InTheWay => holder;

/**
 * CONCURRENTLY waits, besides for its own lock, for everybody who writes the table, and then for every transaction that
 * is older than it (manual: CREATE INDEX, Building Indexes Concurrently).
 */
function isInTheWay({ locks }: Holder, oid: number, mode: LockMode, isPatient: boolean): boolean {
  if (isPatient && locks.length === 0) return true;
  const wanted: LockMode = isPatient ? "SHARE" : mode;
  return locks.some((lock) => {
    const held = lock.relation === oid ? modeNamed(lock.mode) : undefined;
    return held !== undefined && doConflict(held, wanted);
  });
}

/** `AccessExclusiveLock` as the manual writes it. */
const modeNamed = (name: string): LockMode | undefined =>
  lockModes.find((mode) => `${mode.replaceAll(" ", "").toLowerCase()}lock` === name.toLowerCase());

function waitsForAll(node: Node): boolean {
  if ("IndexStmt" in node) return node.IndexStmt.concurrent === true;
  if ("DropStmt" in node) return node.DropStmt.concurrent === true;
  if ("ReindexStmt" in node) return hasOption(node.ReindexStmt.params, "concurrently");
  return false;
}

/**
 * What of it is worth a word before: that a table with rows is written anew, and that others wait for longer than a
 * moment. A lock is held to the end of a file that is one transaction, and one that has to be waited for lets nobody pass.
 */
export function hazardsOf(statements: readonly StatementImpact[], isTransaction: boolean): readonly Hazard[] {
  const all = statements.map(({ relations }) => relations.filter(({ bytes }) => bytes > 0));
  const isLong = ({ work }: RelationImpact): boolean => work !== "moment";
  const lastLong = all.findLastIndex((relations) => relations.some(isLong));
  const isFelt = all.some((relations, index) =>
    relations.some(
      (one) =>
        one.blocks !== "nothing" && (isLong(one) || one.inTheWay.length > 0 || (isTransaction && index < lastLong)),
    ),
  );
  const isRewritten = all.some((relations) => relations.some(({ work }) => work === "rewrite"));
  return [...(isFelt ? ["lock" as const] : []), ...(isRewritten ? ["rewrite" as const] : [])];
}
