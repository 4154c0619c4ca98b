import type { Hazard } from "../../core/action.ts";
import { isAsideName } from "../../core/derived-name.ts";
import { summarise, type Drift } from "../../core/drift.ts";
import { contentsIn } from "../../core/engine-labels.ts";
import type { ResourceId } from "../../core/id.ts";
import { shortImageId } from "../../core/image-reference.ts";
import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import { hasRun, judge, mayEnd } from "./accept.ts";
import { anonymousVolumes, orderOf } from "./exclusive.ts";
import { driftOfSpec } from "./fields.ts";
import { heldPort } from "./host-ports.ts";
import { hostAccess } from "../../core/host-access.ts";
import type { ContainerAction, DesiredContainer, ObservedContainer, Repair } from "./model.ts";
import { hasWantedImage, isAsWanted, isStuck, isUp, ownOf, type Parts } from "./parts.ts";
import { nameTaken, portTaken, refuse } from "./refusals.ts";
import { repairsOf, type Repairs } from "./repairs.ts";
import { explaining } from "./untold.ts";

/**
 * One that is to run. What weighs most decides: what may not be is refused, what is not there is made, what differs for
 * good is replaced, what is ill is restarted, what ended is started, the rest is put right in place.
 *
 * @param changing what the plan makes before: its image may be another one then
 */
export function diffRunning(
  desired: DesiredContainer,
  parts: Parts,
  foreign: readonly ContainerSummary[],
  changing: ReadonlySet<ResourceId>,
): readonly ContainerAction[] {
  // One that is being removed gives the name back by itself.
  const namesake = foreign.find(({ names, state }) => names.includes(desired.name) && state !== "removing");
  if (namesake !== undefined) return [refuse(desired, nameTaken(desired, namesake))];
  const action = diffOne(desired, parts, changing.has(desired.image));
  const startsNow = action !== undefined && action.verb !== "update";
  const holder = startsNow ? foreign.find((one) => heldPort(one, desired.spec.ports) !== undefined) : undefined;
  const port = holder === undefined ? undefined : heldPort(holder, desired.spec.ports);
  if (holder !== undefined && port !== undefined) {
    return [refuse(desired, portTaken(desired, port, holder.names[0] ?? holder.id))];
  }
  return action === undefined ? [] : [action];
}

function diffOne(desired: DesiredContainer, parts: Parts, isImageOpen: boolean): ContainerAction | undefined {
  const { current } = parts;
  const facts = (reason: string, hazards: readonly Hazard[] = []) => {
    const { dependsOn } = desired;
    const after = desired.needs.filter(({ required }) => !required).map(({ id }) => id);
    const facts = { kind: "container", id: desired.id, dependsOn, reason, hazards, place: desired.place } as const;
    return after.length === 0 ? facts : { ...facts, after };
  };
  if (current === undefined) {
    const { reason, hazards } = withHost(desired, "not found", []);
    return { ...facts(reason, hazards), verb: "create", desired };
  }

  const { repairs, drift, limits, needsReplacing } = repairsOf(desired, current);
  const why = whyReplace(desired, parts, limits, needsReplacing);
  if (why !== undefined) return replace(desired, parts, current, why, facts, isImageOpen);

  const kept = keep(desired, current, { repairs, drift }, facts);
  if (!isImageOpen) return kept;
  const { summary } = current;
  const onlyIf = [{ image: desired.image, reference: desired.spec.image, madeFrom: summary.imageId }];
  const replaced = replace(desired, parts, current, { reason: "", drift: [] }, facts, isImageOpen);
  return { ...replaced, onlyIf, ...(kept === undefined ? {} : { otherwise: kept }) };
}

/** What is done to one that stays. */
function keep(
  desired: DesiredContainer,
  current: ObservedContainer,
  { repairs, drift }: Pick<Repairs, "repairs" | "drift">,
  facts: FactsOf,
): Extract<ContainerAction, { readonly verb: "start" | "restart" | "update" }> | undefined {
  const changing = { desired, current: ownOf(current), repairs };
  const also = summarise(drift.filter(({ field }) => field !== "state"));
  const ill = whyRestart(desired, current);
  if (ill !== undefined) return { ...facts(joined(ill, also), ["downtime"]), verb: "restart", ...changing };
  const down = whyStart(desired, current);
  if (down !== undefined) return { ...facts(joined(down, also)), verb: "start", ...changing };
  // Whatever starts it runs them, too.
  const hooks = isHookDue(desired, current);
  if (repairs.length === 0 && !hooks) return undefined;
  const all: readonly Drift[] = [...drift, ...(hooks ? [{ field: "post_start", from: "not done", to: "done" }] : [])];
  const more: readonly Repair[] = hooks ? [{ type: "post-start" }] : [];
  return { ...facts(summarise(all)), verb: "update", ...changing, repairs: [...repairs, ...more], drift: all };
}

const isHookDue = ({ postStart }: DesiredContainer, { isStartUnfinished }: ObservedContainer): boolean =>
  postStart.length > 0 && isStartUnfinished === true;

interface Why {
  readonly reason: string;
  readonly drift: readonly Drift[];
}

/** Undefined: what is there can stay. */
function whyReplace(
  desired: DesiredContainer,
  { current, previous }: Parts,
  limits: readonly Drift[],
  needsReplacing: boolean,
): Why | undefined {
  if (current === undefined) return undefined;
  if (isStuck(current)) return { reason: "never started: the engine lost hold of its start", drift: [] };
  const all = [...imageDrift(current), ...specDrift(desired, current), ...limits];
  const drift = explaining(all, current.details?.untold);
  if (!isAsWanted(desired, current) || needsReplacing) {
    return { reason: drift.length === 0 ? "configuration changed" : summarise(drift), drift };
  }
  if (previous !== undefined && !mayEnd(desired, current.summary.exitCode)) {
    return { reason: "its replacement was interrupted", drift: [] };
  }
  if (current.outlived !== undefined) {
    return { reason: `${current.outlived.join(", ")} was made anew, and it lives inside`, drift: [] };
  }
  return current.summary.state === "dead" ? { reason: "dead: the engine could not remove it", drift: [] } : undefined;
}

function imageDrift(current: ObservedContainer): readonly Drift[] {
  if (hasWantedImage(current) || current.wantedImageId === undefined) return [];
  return [{ field: "image", from: shortImageId(current.summary.imageId), to: shortImageId(current.wantedImageId) }];
}

function specDrift(desired: DesiredContainer, { details, imageConfig, summary }: ObservedContainer): readonly Drift[] {
  const made = contentsIn(summary.labels) ?? new Map<string, string>();
  const { contents: wanted } = desired.config;
  const isHidden = (field: string): boolean => made.has(field) || wanted.has(field);
  const fields = details === undefined ? [] : driftOfSpec(desired.spec, details.spec, imageConfig, isHidden);
  const paths = [...new Set([...made.keys(), ...wanted.keys()])].filter((path) => path.startsWith("/")).sort();
  const contents = paths.flatMap((path): Drift[] =>
    made.get(path) === wanted.get(path) ? [] : [{ field: `content of ${path}`, from: "", to: "" }],
  );
  return [...fields, ...contents];
}

type FactsOf = (
  reason: string,
  hazards?: readonly Hazard[],
) => Pick<ContainerAction, "id" | "dependsOn" | "reason" | "hazards" | "place"> & { readonly kind: "container" };

/** @param isImageOpen what an interrupted replacement has made may be of an image that is replaced itself */
function replace(
  desired: DesiredContainer,
  { next, previous }: Parts,
  current: ObservedContainer,
  why: Why,
  facts: FactsOf,
  isImageOpen: boolean,
): Extract<ContainerAction, { readonly verb: "replace" }> {
  const isWanted = (one: ObservedContainer | undefined): boolean =>
    one !== undefined && !isImageOpen && isAsWanted(desired, one);
  // Beside one that was put aside, the one under the name is the new one, or was never accepted, or only its acceptance
  // was cut off: then it is the one that serves.
  const serves = previous === undefined || (!isWanted(current) && judge(desired, current.summary).type === "accepted");
  const old = serves ? current : previous;
  const inherits = anonymousVolumes(old.summary.mounts, desired.spec);
  // What began stop-first has to end so.
  const order = serves ? orderOf(desired.spec, inherits) : "stop-first";
  const candidate = serves ? next : current;
  const kept = isWanted(candidate) ? candidate : undefined;
  const left = [next, previous, current].flatMap((one) =>
    one === undefined || one === kept || one === old ? [] : [one],
  );
  const isInterrupted = (order === "stop-first" && isUp(old)) || left.some(isUp);
  const downtime: readonly Hazard[] = isInterrupted ? ["downtime"] : [];
  const { reason, hazards } = withHost(desired, why.reason, downtime);
  return {
    ...facts(reason, hazards),
    verb: "replace",
    desired,
    order,
    drift: why.drift,
    old: ownOf(old),
    leftovers: left.map(ownOf),
    inherits,
    ...(kept === undefined ? {} : { made: ownOf(kept) }),
  };
}

function withHost(
  { spec, project, hostPaths }: DesiredContainer,
  reason: string,
  hazards: readonly Hazard[],
): { readonly reason: string; readonly hazards: readonly Hazard[] } {
  const reached = hostAccess(spec, project.root, hostPaths);
  if (reached.length === 0) return { reason, hazards };
  const access = `may reach the host: ${reached.join(", ")}`;
  return { reason: joined(reason, access), hazards: [...hazards, "host-access"] };
}

/** What runs, or the engine keeps starting, and is not well. */
function whyRestart({ startedAfter }: DesiredContainer, observed: ObservedContainer): string | undefined {
  const { summary, details, startedBefore } = observed;
  if (summary.state === "restarting") return `restarting again and again${exitText(summary.exitCode)}`;
  if (summary.state !== "running") return undefined;
  if (summary.health === "unhealthy") return "unhealthy";
  const startedAt = details?.startedAt;
  if (startedAfter !== undefined && startedAt !== undefined && startedAt < startedAfter) return "restart requested";
  if (startedBefore !== undefined) return `${startedBefore.join(", ")} was made anew after it had started`;
  return undefined;
}

function whyStart(desired: DesiredContainer, { summary, details }: ObservedContainer): string | undefined {
  const { startedAfter } = desired;
  if (summary.state === "created") return "made, and never started";
  if (summary.state !== "exited") return undefined;
  const isAsked = startedAfter !== undefined && (details?.startedAt ?? startedAfter) < startedAfter;
  if (hasRun(desired, { exitCode: summary.exitCode, startedAt: details?.startedAt })) {
    return isAsked ? "restart requested" : undefined;
  }
  const exited = `exited${exitText(summary.exitCode)}`;
  // One that was put aside by a replacement did not come to its end.
  const isDone = mayEnd(desired, summary.exitCode) && !summary.names.some(isAsideName);
  return isDone ? `${exited}; each command starts again what ended well` : exited;
}

const exitText = (exitCode: number | undefined): string => (exitCode === undefined ? "" : ` with code ${exitCode}`);
const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join("; ");
