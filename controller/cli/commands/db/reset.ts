import { fromFacts, PoststackError, PoststackErrors } from "../../../core/errors.ts";
import { refusalsAnew } from "../../../engine/anew.ts";
import { contextOf } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { reconcile } from "../../reconcile.ts";
import { changeOptionsOf } from "../../selection.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/**
 * The wish for no database, and then the wish of the files: each shown and carried out like any other. What keeps the second
 * from being carried out is found out before the first is.
 */
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
  const anew = openEnvironment(context, environment);
  const refused = await refusalsAnew(anew.load, anew.ports, world.signal);
  if (refused.length > 0) throw new PoststackErrors(refused.map((facts) => fromFacts(facts)));

  const deleted = await reconcile(empty, context, { ...change, settledText: "There is no database yet." });
  if (deleted !== exitCode.done) return deleted;
  const unchanged = `there is no database of ${environment} now: \`poststack apply ${environment}\` makes it`;
  try {
    // Whoever typed the name has agreed to the new one, too: without it the environment would be left with nothing.
    return await reconcile(anew, { ...context, yes: true }, { ...change, unchanged });
  } catch (error) {
    context.note(`The database of ${environment} is deleted; \`poststack apply ${environment}\` makes it anew.`);
    throw error;
  }
}
