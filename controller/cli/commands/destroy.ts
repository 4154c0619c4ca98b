import type { EngineProject } from "../../core/engine-labels.ts";
import { isElsewhere, runningTwin, wordsOf } from "../../core/twin.ts";
import type { Desired } from "../../resources/index.ts";
import { contextOf } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { openEnvironment, type OpenedEnvironment } from "../open.ts";
import { reconcile } from "../reconcile.ts";
import { changeOptionsOf } from "../selection.ts";
import type { Invocation } from "../spec.ts";
import type { World } from "../world.ts";

/** The wish for nothing: processes and server go; the data only with its leave. */
export async function destroyCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const deleteData = options.flag("deleteData");
  const opened = openEnvironment(context, name, { to: "absent", deleteData });
  const settledText = async (desired: Desired): Promise<string> =>
    (await twinText(desired, opened, world.signal)) ??
    (deleteData
      ? "Nothing to do: nothing of this environment is left."
      : "Nothing to do: nothing of this environment runs. Its data is kept; --delete-data deletes it.");
  return reconcile(opened, context, { ...changeOptionsOf(options), settledText });
}

/** In a copy of the project's folder all is there, and nothing of it is this folder's to take away. */
async function twinText(
  { resources }: Desired,
  { ports }: OpenedEnvironment,
  signal: AbortSignal,
): Promise<string | undefined> {
  const project = projectOf(resources);
  const twin = project === undefined ? undefined : await runningTwin(project, ports, signal);
  if (project === undefined || twin === undefined) return undefined;
  const { what, next } = wordsOf(twin, project);
  const [first = "", ...more] = twin.containers;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  const then = isElsewhere(twin, project) === true ? `run \`poststack destroy ${project.environment}\` there` : next;
  return `Nothing to do: nothing of this folder runs.\nContainer "${first}"${others}, which stays, ${what}.\n  next: ${then}`;
}

/** Undefined: the files ask for nothing on an engine. */
const projectOf = ({ container, network, instance }: Desired["resources"]): EngineProject | undefined =>
  [...container, ...network, ...instance.flatMap((one) => one.container ?? [])][0]?.project;
