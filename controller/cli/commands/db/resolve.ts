import { fromFacts, PoststackError } from "../../../core/errors.ts";
import type { Resolution } from "../../../resources/migration/model.ts";
import { unknownVersion } from "../../../resources/migration/refusals.ts";
import { parseResolved } from "../../../resources/migration/target.ts";
import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { look } from "../../look.ts";
import { reconcileMigrations } from "../../migrations.ts";
import { openEnvironment } from "../../open.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";
import { editsOf, showEdit } from "./edits.ts";

/** Records what a person has seen of a migration that began and did not finish. Runs none of its statements. */
export async function resolveCommand(
  { args: [version = "", name], options }: Invocation,
  world: World,
): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const as = options.text("as") as Resolution["as"] | undefined;
  if (as === undefined) {
    throw new PoststackError("USAGE", {
      what: "--as is missing: what is in the database of this migration",
      next: "--as applied when it is in the state after the whole file, --as rolled-back when nothing of it is there",
    });
  }
  const opened = openEnvironment(context, name);
  const edits = await look(opened, world.signal, async (seen) => {
    const [wish] = seen.desired.resources.migration;
    const observed = seen.observation.observed.migration?.[0];
    const known = { files: wish?.files ?? [], rows: observed?.rows ?? [] };
    const target = parseResolved({ version, as }, known.files, known.rows);
    // Nobody else tells a mistake in writing from a row that is gone already.
    if (target === undefined && wish !== undefined && observed !== undefined) {
      throw fromFacts(unknownVersion(wish, version, known).error);
    }
    if (as === "rolled-back") return [];
    return editsOf(seen, (_file, { order, state }) => {
      return state !== "applied" && typeof target === "object" && order === target.order;
    });
  });
  for (const edit of edits) await showEdit(edit, opened, context);
  const settled = `Nothing to do: nothing of ${version} waits for an answer.`;
  return reconcileMigrations(name, { resolve: { version, as } }, settled, options, context);
}
