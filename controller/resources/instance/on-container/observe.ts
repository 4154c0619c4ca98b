import { asideName } from "../../../core/derived-name.ts";
import { isMadeFor, labelNames, observedMark, resourceIn } from "../../../core/engine-labels.ts";
import { PoststackError, type ErrorCode } from "../../../core/errors.ts";
import type { ResourceId } from "../../../core/id.ts";
import { bareId, imageFinder } from "../../../core/image-reference.ts";
import { claimsAmong, type Claim } from "../../../core/ownership.ts";
import type { Ports } from "../../../core/ports.ts";
import type { ContainerSummary, VolumeFacts } from "../../../core/ports/container-facts.ts";
import type { ImageFacts } from "../../../core/ports/container-images.ts";
import type {
  ContainerServer,
  DesiredInstance,
  ObservedContainerServer,
  ObservedInstance,
  OwnContainer,
  VolumeOwner,
} from "../model.ts";
import { twinOf } from "../../../core/twin.ts";
import { ask, base } from "../asking.ts";
import { majorOf } from "../../../core/postgres-versions.ts";
import { majorIn } from "./layout.ts";
import { hasPort, portHolderOf } from "./port-holder.ts";
import { serverLabels } from "./spec.ts";
import { readServer } from "./settings.ts";

/** The lists of the pass, which all kinds share, and one session where the server runs. */
export async function observeContainer(
  desired: DesiredInstance,
  server: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<ObservedInstance> {
  const [containers, volumes, images] = await Promise.all([
    ports.containers.containers(signal),
    ports.containers.volumes(signal),
    ports.containers.images(signal),
  ]);
  const mark = observedMark(ports);
  const volume = volumes.find(({ name }) => name === server.volume);
  const claims = await claimsAmong(containers, ports, signal);
  const named = await startable(partsOf(desired, server, containers, claims), ports, signal);
  const parts = await inspected(desired, named, ports, signal);
  const ours = [parts.current, parts.next, parts.previous].filter((one) => one !== undefined);
  const owner = volumeOwner(server, volume, mark);
  const namesake = parts.isNameTaken ? containers.find(({ names }) => names.includes(server.name)) : undefined;
  const labels = namesake?.labels ?? (owner === "lost" ? volume?.labels : undefined);
  const twin = labels === undefined ? undefined : await twinOf(labels, server.project, ports, signal);
  const container: ObservedContainerServer = {
    ...parts,
    volume: owner,
    ...(twin === undefined ? {} : { twin }),
    ...(await wantedImage(server, parts.current, images, ports, signal)),
  };
  const { current } = container;
  const dataMajor = dataMajorOf(desired, ours, containers);
  const isUp = current?.state === "running";
  const holder = isUp ? undefined : await portHolderOf(server, idsOf(ours), containers, ports, signal);
  const seen: ObservedInstance = {
    ...base(desired),
    server: volume === undefined && ours.length === 0 ? "absent" : "down",
    container,
    dataDirectory: `volume ${server.volume}`,
    ...(dataMajor === undefined ? {} : { dataMajor }),
    ...(holder === undefined ? {} : { portHolder: holder }),
  };
  // On another port than asked there may be somebody else's server: whoever answers there is not asked.
  const summary = containers.find(({ id }) => id === current?.id);
  if (!isUp || summary === undefined || !hasPort(summary, server)) return seen;
  return { ...seen, runningPort: server.port, ...(await asked(desired, ports, signal)) };
}

/** The name of our container with this server's data, where the files no longer ask for one. */
export async function formerContainer(
  { id }: DesiredInstance,
  ports: Ports,
  signal: AbortSignal,
): Promise<string | undefined> {
  const claims = await claimsAmong(await ports.containers.containers(signal), ports, signal);
  const [own] = partsAmong(claims, id);
  return own?.names[0] ?? own?.id;
}

const idsOf = (all: readonly OwnContainer[]): readonly string[] => all.map(({ id }) => id);

/** What a session tells, or why there is none. */
async function asked(desired: DesiredInstance, ports: Ports, signal: AbortSignal): Promise<Partial<ObservedInstance>> {
  const session = await ask(ports, signal);
  if (session instanceof PoststackError) {
    // Starting, stopping, replaying its log: waiting helps. A refused login does not go away.
    const passes: readonly ErrorCode[] = ["POSTGRES_BUSY", "POSTGRES_UNREACHABLE"];
    return passes.includes(session.code) ? {} : { error: { where: desired.place, ...session.facts } };
  }
  const { version } = session;
  const dataMajor = Math.trunc(version / 10_000);
  return { server: "up", version, dataMajor, ...(await readServer(desired, session, signal)) };
}

/** One that the engine is removing is none any more. */
const partsAmong = (claims: readonly Claim[], id: ResourceId): readonly ContainerSummary[] =>
  claims.flatMap(({ resource, summary }) => (resource === id && summary.state !== "removing" ? [summary] : []));

type Parts = Pick<ObservedContainerServer, "current" | "next" | "previous" | "isNameTaken">;

/**
 * Names say what each is, so that a replacement that was cut between any two calls is recognised by what it left:
 * docs/decisions/0009-container-replacement.md
 */
function partsOf(
  { id }: DesiredInstance,
  { name }: ContainerServer,
  containers: readonly ContainerSummary[],
  claims: readonly Claim[],
): Parts {
  const ours = partsAmong(claims, id);
  const named = (wanted: string): ContainerSummary | undefined => ours.find(({ names }) => names.includes(wanted));
  const [next, previous] = [named(asideName(name, "next")), named(asideName(name, "previous"))];
  // One that somebody renamed is still the one; and so is a new one whose old one is gone.
  const renamed = ours.find((one) => one !== next && one !== previous);
  const current = named(name) ?? renamed ?? (previous === undefined ? next : undefined);
  return {
    // One that is being removed gives the name back by itself.
    isNameTaken: containers.some((one) => one.names.includes(name) && one.state !== "removing" && !ours.includes(one)),
    ...(current === undefined ? {} : { current: ownOf(current) }),
    ...(next === undefined || next === current ? {} : { next: ownOf(next) }),
    ...(previous === undefined ? {} : { previous: ownOf(previous) }),
  };
}

/** Of one that was made and does not run no list tells whether it can be started. */
async function startable(parts: Parts, { containers }: Pick<Ports, "containers">, signal: AbortSignal): Promise<Parts> {
  const asked = async (one: OwnContainer | undefined): Promise<OwnContainer | undefined> => {
    if (one?.state !== "created") return one;
    const details = await containers.inspectContainer(one.id, signal);
    return details?.isStuck === true ? { ...one, isStuck: true } : one;
  };
  const [current, next] = await Promise.all([asked(parts.current), asked(parts.next)]);
  return { ...parts, ...(current === undefined ? {} : { current }), ...(next === undefined ? {} : { next }) };
}

/** Of one that serves: whether its engine starts it again, and under which names it is found. */
async function inspected(
  { isThorough = false }: DesiredInstance,
  parts: Parts,
  { containers }: Pick<Ports, "containers">,
  signal: AbortSignal,
): Promise<Parts> {
  const { current } = parts;
  if (!isThorough || current?.state !== "running") return parts;
  const [details, { changesInPlace }] = await Promise.all([
    containers.inspectContainer(current.id, signal),
    containers.facts(signal),
  ]);
  if (details === undefined) return parts;
  const restart = changesInPlace.has("restart") ? (details.spec.restart ?? { name: "no" as const }) : undefined;
  const aliases = new Map([...details.attachments].map(([network, one]) => [network, one.aliases]));
  return { ...parts, current: { ...current, inspected: { restart, aliases } } };
}

const ownOf = ({ id, names, state, exitCode, imageId, labels, networks }: ContainerSummary): OwnContainer => ({
  id,
  name: names[0] ?? id,
  state,
  exitCode,
  imageId,
  config: labels.get(labelNames.config),
  published: labels.get(serverLabels.published),
  networks: [...networks.keys()],
});

function volumeOwner(
  { project }: ContainerServer,
  volume: VolumeFacts | undefined,
  mark: string | undefined,
): VolumeOwner {
  if (volume === undefined) return "none";
  if (resourceIn(volume.labels, mark) !== undefined) return "ours";
  return isMadeFor(volume.labels, project) ? "lost" : "foreign";
}

/** The image's own major version is asked for only where another image than the running one is wanted. */
async function wantedImage(
  { image: reference, major }: ContainerServer,
  current: OwnContainer | undefined,
  images: readonly ImageFacts[],
  { containers }: Ports,
  signal: AbortSignal,
): Promise<Pick<ObservedContainerServer, "wantedImageId" | "wantedMajor">> {
  const image = imageFinder(images)(reference);
  if (image === undefined) return major === undefined ? {} : { wantedMajor: major };
  const isRunning = current !== undefined && bareId(current.imageId) === bareId(image.id);
  const details = isRunning ? undefined : await containers.inspectImage(image.id, signal);
  const wantedMajor = (details === undefined ? undefined : majorIn(details.config.environment)) ?? major;
  return { wantedImageId: image.id, ...(wantedMajor === undefined ? {} : { wantedMajor }) };
}

/**
 * Until a cluster was accepted nothing is known of the data, whatever its containers were made for. Labels are input
 * (RELIABILITY 3).
 */
function dataMajorOf(
  { knownIdentifier }: DesiredInstance,
  ours: readonly OwnContainer[],
  containers: readonly ContainerSummary[],
): number | undefined {
  if (knownIdentifier === undefined) return undefined;
  const labels = ours.map(({ id }) => containers.find((one) => one.id === id)?.labels.get(serverLabels.major));
  return labels.map((major) => majorOf(major ?? "")).find((major) => major !== undefined);
}
