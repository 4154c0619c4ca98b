import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { reconcile } from "../../reconcile.ts";
import { changeOptionsOf } from "../../selection.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Backups go by the rules of the file, and never without the leave to delete data (RELIABILITY 20). */
export async function pruneCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const deleteData = options.flag("deleteData");
  const opened = openEnvironment(context, name, { backup: { type: "prune" }, deleteData });
  return reconcile(opened, context, {
    ...changeOptionsOf(options),
    settleLimitMs: "none",
    settledText: deleteData
      ? "Nothing to do: there is no backup that the rules of `backup.keep` do not want."
      : "Nothing is done: backups hold data, which only --delete-data deletes. `poststack backup list` shows them.",
  });
}
