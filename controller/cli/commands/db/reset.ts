import { PoststackError } from "../../../core/errors.ts";
import { contextOf } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { reconcile } from "../../reconcile.ts";
import { changeOptionsOf } from "../../selection.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** The wish for no database, and then the wish of the files: each shown and carried out like any other. */
export async function resetCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const change = changeOptionsOf(options);
  const empty = openEnvironment(context, name, { to: "empty", deleteData: true });
  const { environment } = empty;
  if (!options.flag("deleteData")) {
    throw new PoststackError("CONFIRMATION", {
      what: `db reset deletes everything in the database of ${environment}`,
      next: `give --delete-data, and --confirm ${environment} where nobody can be asked`,
    });
  }
  const deleted = await reconcile(empty, context, { ...change, settledText: "There is no database yet." });
  if (deleted !== exitCode.done) return deleted;
  // Whoever typed the name has agreed to the new one, too: without it the environment would be left with nothing.
  return reconcile(openEnvironment(context, environment), { ...context, yes: true }, change);
}
