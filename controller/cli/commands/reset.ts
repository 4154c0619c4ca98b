import { PoststackError } from "../../core/errors.ts";
import { contextOf } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { openEnvironment } from "../open.ts";
import { reconcile } from "../reconcile.ts";
import { changeOptionsOf } from "../selection.ts";
import type { Invocation } from "../spec.ts";
import type { World } from "../world.ts";

/** The wish for nothing at all, data and images included. */
export async function resetCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name, {
    to: "absent",
    deleteData: true,
    prune: { kinds: ["image", "volume"], named: true },
  });
  const { environment } = opened;
  if (!options.flag("deleteData")) {
    throw new PoststackError("CONFIRMATION", {
      what: `a reset deletes all data of "${environment}"`,
      next: `give --delete-data --confirm ${environment}; \`poststack destroy ${environment}\` keeps the data`,
    });
  }
  const settledText = "Nothing to do: nothing of this environment is left.";
  return reconcile(opened, context, { ...changeOptionsOf(options), settledText });
}
