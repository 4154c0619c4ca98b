import { contextOf } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { openEnvironment } from "../open.ts";
import { reconcile } from "../reconcile.ts";
import { changeOptionsOf } from "../selection.ts";
import type { Invocation } from "../spec.ts";
import type { World } from "../world.ts";

/** The wish for nothing: processes and server go; the data only with its leave. */
export async function destroyCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const deleteData = options.flag("deleteData");
  const opened = openEnvironment(context, name, { to: "absent", deleteData });
  const settledText = deleteData
    ? "Nothing to do: nothing of this environment is left."
    : "Nothing to do: nothing of this environment runs. Its data is kept; --delete-data deletes it.";
  return reconcile(opened, context, { ...changeOptionsOf(options), settledText });
}
