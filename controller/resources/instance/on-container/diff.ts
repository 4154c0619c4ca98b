import type { Hazard } from "../../../core/action.ts";
import { summarise, type Drift } from "../../../core/drift.ts";
import { resourceId, type ResourceId } from "../../../core/id.ts";
import type { ErrorFacts } from "../../../core/errors.ts";
import { bareId, shortImageId } from "../../../core/image-reference.ts";
import { isElsewhere, takenByTwin, wordsOf, type Twin } from "../../../core/twin.ts";
import { unreachable } from "../../../core/unreachable.ts";
import {
  change,
  facts,
  isReplaced,
  joined,
  majorUpgrade,
  portTaken,
  refuse,
  remove,
  replaced,
  stop,
} from "../actions.ts";
import type {
  ContainerServer,
  DesiredInstance,
  InstanceAction,
  ObservedContainerServer,
  ObservedInstance,
  OwnContainer,
} from "../model.ts";
import { invalidParameters, isRestartNeeded, parametersDrift } from "../settings.ts";
import { repairDrift, repairsOf } from "./repairs.ts";
import { publishedText } from "./spec.ts";

/** A server in a container. What weighs most decides, as with every container; its data is no part of any of it. */
export function diffContainer(
  desired: DesiredInstance,
  server: ContainerServer,
  observed: ObservedInstance,
  changing: ReadonlySet<ResourceId>,
): readonly InstanceAction[] {
  const { container } = observed;
  // The engine could not be asked, and the pass has said so.
  if (container === undefined) return [];
  switch (desired.to) {
    case "running":
      return diffRunning(desired, server, observed, container, changing);
    case "stopped":
      return partsOf(container).some(isUp) ? [stop(desired, "wanted stopped")] : [];
    case "absent":
      return diffAbsent(desired, server, container);
    default:
      return unreachable(desired.to);
  }
}

const partsOf = ({ current, next, previous }: ObservedContainerServer): readonly OwnContainer[] =>
  [current, next, previous].filter((one) => one !== undefined);

const isUp = ({ state }: OwnContainer): boolean => state === "running" || state === "restarting" || state === "paused";

function diffAbsent(
  desired: DesiredInstance,
  { volume }: ContainerServer,
  container: ObservedContainerServer,
): readonly InstanceAction[] {
  const parts = partsOf(container);
  const downtime: readonly Hazard[] = parts.some(isUp) ? ["downtime"] : [];
  if (!desired.deleteData) {
    return parts.length === 0
      ? []
      : [remove(desired, `no longer wanted; its data stays in volume ${volume}`, downtime)];
  }
  if (container.volume === "ours")
    return [remove(desired, `no longer wanted; volume ${volume} is deleted`, ["deletes-data", ...downtime])];
  if (parts.length === 0 && desired.knownIdentifier === undefined) return [];
  return [remove(desired, "its data is gone; the record of it goes too", downtime)];
}

function diffRunning(
  desired: DesiredInstance,
  server: ContainerServer,
  observed: ObservedInstance,
  container: ObservedContainerServer,
  changing: ReadonlySet<ResourceId>,
): readonly InstanceAction[] {
  const error = obstacle(desired, server, observed, container);
  if (error !== undefined) return [refuse(desired, error)];
  const { current, previous } = container;
  if (current === undefined && previous === undefined) {
    // Its own line of the plan says whose it is.
    if (container.volume === "foreign") return [];
    const data = container.volume === "ours" ? `goes on with volume ${server.volume}` : "no data yet: initdb";
    return [{ ...facts(desired, `not found; ${data}, image ${server.image}`), verb: "create", desired }];
  }
  const replacing = diffReplace(desired, server, observed, container);
  if (replacing !== undefined) return [replacing];
  if (current === undefined) return [];
  const kept = diffKept(desired, server, observed, container, current);
  return changing.has(imageOf(server)) ? [ifOther(desired, server, observed, container, current, kept)] : kept;
}

const imageOf = ({ image }: ContainerServer): ResourceId => resourceId("image", image);

/** Its image is built or pulled first: docs/decisions/0013-replaced-if-the-image-changes.md */
function ifOther(
  desired: DesiredInstance,
  server: ContainerServer,
  { dataMajor }: ObservedInstance,
  { next }: ObservedContainerServer,
  current: OwnContainer,
  [otherwise]: readonly InstanceAction[],
): InstanceAction {
  const why = `if ${imageOf(server)} turns out to be another one`;
  const hazards: readonly Hazard[] = [...(isUp(current) ? ["downtime" as const] : []), ...(otherwise?.hazards ?? [])];
  return {
    ...facts(desired, otherwise === undefined ? why : `${why}; else ${otherwise.verb}: ${otherwise.reason}`, [
      ...new Set(hazards),
    ]),
    ...({ verb: "replace", desired, drift: [], old: current } as const),
    leftovers: next === undefined ? [] : [next],
    onlyIf: { madeFrom: current.imageId, ...(dataMajor === undefined ? {} : { dataMajor }) },
    ...(otherwise === undefined ? {} : { otherwise }),
  };
}

/** What stands in the way and does not go away by itself. */
function obstacle(
  desired: DesiredInstance,
  server: ContainerServer,
  observed: ObservedInstance,
  container: ObservedContainerServer,
): ErrorFacts | undefined {
  // A refused login of our own server is put right from inside the container.
  if (observed.error !== undefined && observed.error.code !== "POSTGRES_LOGIN") return observed.error;
  const { twin } = container;
  if (container.volume === "lost" && !(twin !== undefined && isElsewhere(twin, server.project)))
    return stateLost(desired, server, twin);
  if (twin !== undefined) return twinTaken(desired, server, container, twin);
  if (container.isNameTaken) return nameTaken(desired, server);
  if (isReplaced(desired, observed)) return replaced(desired, observed);
  const { dataMajor } = observed;
  const { wantedMajor } = container;
  if (dataMajor !== undefined && wantedMajor !== undefined && dataMajor !== wantedMajor)
    return majorUpgrade(desired, dataMajor, wantedMajor);
  const invalid = invalidParameters(desired, observed);
  if (invalid !== undefined) return invalid;
  if (observed.portHolder !== undefined)
    return portTaken(desired, server.bind ?? "*", server.port, observed.portHolder);
  return undefined;
}

/** Without the token nothing of it is ours (RELIABILITY 8). With an old copy of it, passwords are no obstacle. */
const stateLost = (
  { id, place }: DesiredInstance,
  { volume, project }: ContainerServer,
  twin: Twin = {},
): ErrorFacts => ({
  code: "STATE_LOST",
  what: `volume "${volume}" holds the data of ${id}, and the state directory does not know that it made it`,
  where: place,
  next: `${wordsOf(twin, project).next} (passwords in it that are no longer right are set anew)`,
});

function twinTaken(
  { place }: DesiredInstance,
  { name, volume, project }: ContainerServer,
  { isNameTaken }: ObservedContainerServer,
  twin: Twin,
): ErrorFacts {
  return isNameTaken
    ? takenByTwin("container", { name, place }, twin, project)
    : takenByTwin("volume", { name: volume, place }, twin, project);
}

const nameTaken = ({ id, place }: DesiredInstance, { name }: ContainerServer): ErrorFacts => ({
  code: "NAME_TAKEN",
  what: `a container "${name}" is there already, and Poststack did not make it for ${id} of this environment`,
  where: place,
  next: `rename or remove it (docker rename ${name} ${name}-old)`,
});

/** Made from the same wish, and of the image that the reference means now. One that is not here cannot be compared with. */
const isAsWanted = (
  { config, imageId, isStuck }: OwnContainer,
  server: ContainerServer,
  { wantedImageId }: ObservedContainerServer,
): boolean =>
  isStuck !== true &&
  config === server.config &&
  (wantedImageId === undefined || bareId(imageId) === bareId(wantedImageId));

/** Two servers must never have one volume at once, so it is always the old one that stops first. */
function diffReplace(
  desired: DesiredInstance,
  server: ContainerServer,
  observed: ObservedInstance,
  container: ObservedContainerServer,
): InstanceAction | undefined {
  const { current, next, previous } = container;
  // One that answers by now, and is not wanted either, is the one to go back to: not the one before it.
  const isServing = current !== undefined && observed.server === "up" && !isAsWanted(current, server, container);
  const old = isServing ? current : (previous ?? current);
  if (old === undefined) return undefined;
  const drift = current === undefined ? [] : containerDrift(current, server, container);
  const why = whyReplace(current, drift, server, container);
  if (why === undefined) return undefined;
  // With one that was put aside, the one under the name is the new one, or in its way.
  const candidate = previous === undefined || current === undefined || isServing ? next : current;
  const made = candidate !== undefined && isAsWanted(candidate, server, container) ? candidate : undefined;
  const leftovers = partsOf(container).filter((one) => one !== old && one !== made);
  // The new one begins with the settings of now.
  const settings = observed.server === "up" ? parametersDrift(desired.parameters, observed) : [];
  const hazards: readonly Hazard[] = partsOf(container).some(isUp) ? ["downtime"] : [];
  return {
    ...facts(desired, joined(why, summarise(settings)), hazards),
    verb: "replace",
    desired,
    drift: [...drift, ...settings],
    old,
    leftovers,
    ...(made === undefined ? {} : { made }),
  };
}

function whyReplace(
  current: OwnContainer | undefined,
  drift: readonly Drift[],
  server: ContainerServer,
  container: ObservedContainerServer,
): string | undefined {
  if (current === undefined || container.previous !== undefined)
    return joined("its replacement was interrupted", summarise(drift));
  if (current.isStuck === true) return "never started: the engine lost hold of its start";
  if (!isAsWanted(current, server, container)) return drift.length === 0 ? "configuration changed" : summarise(drift);
  return current.state === "dead" ? "dead: the engine could not remove it" : undefined;
}

function containerDrift(
  { imageId, published }: OwnContainer,
  server: ContainerServer,
  { wantedImageId }: ObservedContainerServer,
): readonly Drift[] {
  const isOther = wantedImageId !== undefined && bareId(wantedImageId) !== bareId(imageId);
  const to = publishedText(server);
  return [
    ...(isOther ? [{ field: "image", from: shortImageId(imageId), to: shortImageId(wantedImageId) }] : []),
    ...(published === undefined || published === to ? [] : [{ field: "published", from: published, to }]),
  ];
}

/** The container stays: it is started, restarted, put right, or its settings are read again. */
function diffKept(
  desired: DesiredInstance,
  server: ContainerServer,
  observed: ObservedInstance,
  container: ObservedContainerServer,
  current: OwnContainer,
): readonly InstanceAction[] {
  const { startedAfter } = desired;
  const repairs = repairsOf(server, observed, current, container.next);
  const wrong = repairDrift(server, current, repairs);
  const also = summarise(wrong);
  const down = whyDown(current);
  if (down !== undefined) return [change(desired, "start", joined(down, also), wrong)];
  // Who is connected over a network that is taken off for a moment loses the connection.
  const hazards: readonly Hazard[] = repairs.reconnect.length > 0 ? ["downtime"] : [];
  if (wrong.length > 0) return [{ ...facts(desired, also, hazards), verb: "update", desired, drift: wrong, repairs }];
  if (current.state === "restarting")
    return [change(desired, "restart", "restarting again and again", [], ["downtime"])];
  const drift = observed.server === "up" ? parametersDrift(desired.parameters, observed) : [];
  const reason = summarise(drift);
  if (startedAfter !== undefined && observed.startedAt !== undefined && observed.startedAt < startedAfter)
    return [change(desired, "restart", joined("restart requested", reason), drift, ["downtime"])];
  if (observed.server === "down") return [change(desired, "start", "running, and not answering yet", [])];
  if (isRestartNeeded(drift, desired.parameters, observed))
    return [change(desired, "restart", reason, drift, ["downtime"])];
  if (drift.length > 0) return [change(desired, "reload", reason, drift)];
  return observed.configurationIsLoaded
    ? []
    : [change(desired, "reload", "the server has not read its settings yet", [])];
}

function whyDown({ state, exitCode }: OwnContainer): string | undefined {
  if (state === "created") return "made, and never started";
  if (state !== "exited") return undefined;
  return exitCode === undefined ? "exited" : `exited with code ${exitCode}`;
}
