import { lostHolders } from "../../core/catalog/holders.ts";
import type { RehearsedMigration } from "../../core/rehearsal.ts";
import type { Copy } from "./copy.ts";
import type { Proved } from "./there-and-back.ts";
import type { Rollback } from "./work.ts";

/** Each rollback, from the last migration on, and what it deletes; ends at the first that fails. */
export async function backOnly(rollbacks: readonly Rollback[], copy: Copy): Promise<Proved> {
  const migrations: RehearsedMigration[] = [];
  let before = await copy.holders();
  for (const rollback of rollbacks) {
    const { id } = rollback;
    const error = await copy.undo(rollback);
    if (error !== undefined) return { migrations, failure: { id, error } };
    const after = await copy.holders();
    migrations.push({ id, way: "back", differences: [], loses: lostHolders(before, after) });
    before = after;
  }
  return { migrations };
}
