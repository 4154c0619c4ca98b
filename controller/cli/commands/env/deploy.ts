import { PoststackError } from "../../../core/errors.ts";
import { kindOf } from "../../../core/id.ts";
import { renderAction } from "../../../core/render.ts";
import { planOnce } from "../../../engine/converge.ts";
import type { Action, Desired } from "../../../resources/index.ts";
import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { reconcile } from "../../reconcile.ts";
import { changeOptionsOf } from "../../selection.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Only the deployment. What it needs must be there: this command does not make up for it in silence. */
export async function deployCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const plan = await planOnce(opened.load, opened.ports, {}, world.signal);
  const missing = plan.actions.filter(isPreparation);
  const isOpen = plan.deferred.some(({ id }) => !deployed.has(kindOf(id)));
  if (missing.length > 0 || isOpen) throw notPrepared(opened.environment, missing);
  const deployment = openEnvironment(context, name, { skipInit: true });
  const targets = targetsIn(await deployment.load(), plan.actions);
  if (targets.length === 0) throw nothingToDeploy(opened.environment);
  return reconcile(deployment, context, { ...changeOptionsOf(options), selection: { targets } });
}

/** What runs, and what only containers need. A network or volume of the server's own goes missing along with the server. */
const deployed: ReadonlySet<string> = new Set(["process", "container", "network", "volume", "image"]);

/** What comes before the deployment. A job that runs on every apply has run once already; helpers come with what runs. */
const isPreparation = (action: Action): boolean =>
  !deployed.has(action.kind) && !(action.kind === "job" && (action.verb !== "run" || action.desired.when === "always"));

/** What the files ask for, and what of it is left over. */
const targetsIn = ({ resources }: Desired, actions: readonly Action[]): readonly string[] =>
  (["process", "container"] as const).filter(
    (kind) => resources[kind].length > 0 || actions.some((action) => action.kind === kind),
  );

const notPrepared = (environment: string, missing: readonly Action[]): PoststackError =>
  new PoststackError("PLAN_REFUSED", {
    what: "the deployment needs what is not there yet",
    details: missing.slice(0, 10).map(renderAction),
    next: `run \`poststack env init ${environment}\` first, or \`poststack apply ${environment}\` for both`,
  });

const nothingToDeploy = (environment: string): PoststackError =>
  new PoststackError("TARGET_UNKNOWN", {
    what: `"${environment}" has no deployment`,
    next: "name one under `deployment:`, a Procfile or Compose files",
  });
