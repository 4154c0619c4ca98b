import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { look } from "../../look.ts";
import { reconcileMigrations } from "../../migrations.ts";
import { openEnvironment } from "../../open.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";
import { editsOf, showEdit } from "./edits.ts";

/**
 * Takes the present text of applied files into the ledger, after showing what is other than what was run, and builds indexes
 * again that are not valid. What began and did not finish stays as it is: that is for `db resolve`, or the next apply. So does
 * an index of a partitioned table, which becomes valid by indexes of its partitions.
 */
export async function repairCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const edits = await look(opened, world.signal, (seen) => editsOf(seen, (_file, { state }) => state === "applied"));
  for (const edit of edits) await showEdit(edit, opened, context);
  const settled = "Nothing to do: the ledger holds what the applied files say, and no index is to be built again.";
  return reconcileMigrations(name, { repair: true }, settled, options, context);
}
