import type { Node } from "@pgsql/types";
import type { LockMode } from "../../../core/table-lock.ts";
import { nameOf } from "../lint/tree.ts";
import { rangesIn } from "./asked.ts";
import type { Catalog } from "./catalog.ts";
import { effect, onEach, type Effect } from "./effect.ts";

/** Only the names are looked up: nothing runs yet. */
export const namesIn = (inside: unknown, catalog: Catalog): readonly Effect[] =>
  rangesIn(inside).flatMap((range) => effect(catalog.find(nameOf(range)), "ACCESS SHARE"));

/** A query reads what it names, with all that inherits from it and all that is behind its views; and writes its target. */
export function touchedBy(inside: unknown, catalog: Catalog): readonly Effect[] {
  const found: Effect[] = [];
  const read = (range: Parameters<typeof nameOf>[0], mode: LockMode): void => {
    const relation = catalog.find(nameOf(range));
    if (relation === undefined) return;
    const all = [...(range.inh === true ? catalog.family(relation) : [relation]), ...catalog.readBy(relation)];
    found.push(...onEach(all, mode, "query"));
  };
  for (const range of rangesIn(inside)) read(range, "ACCESS SHARE");
  visitStatements(inside, (statement, type) => {
    if (type === "SelectStmt") {
      const { lockingClause: locking = [], fromClause: from = [] } = statement as {
        readonly lockingClause?: readonly Node[];
        readonly fromClause?: readonly Node[];
      };
      for (const clause of locking) {
        const only = "LockingClause" in clause ? rangesIn(clause.LockingClause.lockedRels) : [];
        const names = new Set(only.map(({ relname }) => relname));
        for (const range of rangesIn(from)) {
          if (only.length === 0 || names.has(range.alias?.aliasname ?? range.relname)) read(range, "ROW SHARE");
        }
      }
    } else {
      const { relation } = statement as { readonly relation?: Parameters<typeof nameOf>[0] };
      if (relation === undefined) return;
      // An INSERT locks the partitions that its rows go to, which nobody knows before.
      read(type === "InsertStmt" ? { ...relation, inh: false } : relation, "ROW EXCLUSIVE");
    }
  });
  return found;
}

const queries = new Set(["SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"]);

/** Every query in a tree, also those inside of others. */
function visitStatements(value: unknown, see: (statement: object, type: string) => void): void {
  if (Array.isArray(value)) for (const one of value) visitStatements(one, see);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  for (const [key, one] of Object.entries(value) as [string, unknown][]) {
    if (queries.has(key) && typeof one === "object" && one !== null) see(one, key);
    visitStatements(one, see);
  }
}
