import { publicAction, type PublicAction } from "../../../core/plan.ts";
import { styleOf } from "../../../core/render.ts";
import { kindOf, nameOf, type ResourceId } from "../../../core/id.ts";
import { look } from "../../../engine/look.ts";
import type { DesiredContainer } from "../../../resources/container/model.ts";
import type { Desired, Kind } from "../../../resources/index.ts";
import { factsOf, type ContainerFacts } from "../../containers/facts.ts";
import { ownContainers } from "../../containers/own.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { renderState } from "../../render/containers.ts";
import { renderAge } from "../../render/quantity.ts";
import { renderTable } from "../../render/table.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** One container that the files ask for, or that is there. */
interface StandingContainer {
  readonly id: ResourceId;
  /** Whether the files ask for it. */
  readonly wanted: boolean;
  /** Null: it is not there. */
  readonly found: ContainerFacts | null;
  /** What the next apply would do about it; null: nothing. */
  readonly drift: PublicAction | null;
}

/** What the files ask for beside what is there, and what the next apply would do about each. */
export async function statusCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const own = await ownContainers(opened, world.signal);
  // Only containers: nobody logs in to a server that runs, and no build context is read.
  const isUp = own.some(({ resource, summary }) => kindOf(resource) === "instance" && summary.state === "running");
  const load = async (): Promise<Desired> => {
    const desired = await opened.load();
    const isServers = !isUp && desired.resources.instance.some(({ container }) => container !== undefined);
    return { ...desired, scope: new Set<Kind>(["container", ...(isServers ? (["instance"] as const) : [])]) };
  };
  const { desired, plan } = await look(load, opened.ports, {}, world.signal);
  const actions = new Map(plan.actions.map((action) => [action.id, publicAction(action)]));
  const standing = (id: ResourceId, wanted: boolean, found: ContainerFacts | null): StandingContainer => {
    const drift = actions.get(id) ?? null;
    actions.delete(id);
    return { id, wanted, found, drift };
  };
  const found = new Map(own.map((one) => [one.resource, factsOf(one)]));
  const wanted = desired.resources.container.map(({ id }: DesiredContainer) =>
    standing(id, true, found.get(id) ?? null),
  );
  const others = own
    .filter(({ resource }) => !wanted.some(({ id }) => id === resource))
    .map((one) => standing(one.resource, one.resource.startsWith("instance:"), factsOf(one)));
  // What is there twice has an action with a name of its own.
  const rest = [...actions.values()].map((drift): StandingContainer => ({
    id: drift.id,
    wanted: drift.kind === "instance",
    found: null,
    drift,
  }));
  const all = [...wanted, ...others, ...rest];
  if (context.json) printJson(context, { version: 1, environment: opened.environment, containers: all });
  else if (all.length === 0) context.note(`${opened.environment} has no containers.`);
  else await show(all, opened.ports.clock.date(), context);
  return exitCode.done;
}

async function show(all: readonly StandingContainer[], now: Date, { paint, print }: Context): Promise<void> {
  const rows = all.map(({ id, wanted, found, drift }) => [
    nameOf(id),
    found === null ? paint("remove", "not there") : renderState(found, paint),
    found === null ? "" : renderAge(found.createdAt, now),
    drift === null
      ? wanted
        ? paint("add", "as the files say")
        : ""
      : `${paint(styleOf(drift.verb), drift.verb)}: ${drift.reason}`,
  ]);
  print(await renderTable(["NAME", "STATE", "AGE", "NEXT APPLY"], rows, paint));
}
