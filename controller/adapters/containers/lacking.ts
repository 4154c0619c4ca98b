import { PoststackError } from "../../core/errors.ts";
import type { ContainerSpec, Mount, NetworkSpec } from "../../core/ports/container-spec.ts";
import { versionNumber, type Dialect } from "./dialect.ts";

/** What is spoken with an engine. */
interface Spoken {
  readonly dialect: Pick<Dialect, "engine">;
  readonly apiVersion: string;
}

/** An older engine leaves out in silence what it does not know: each such field, and the API version that brought it. */
const sinceVersion: readonly (readonly [what: string, since: string, isAsked: (spec: ContainerSpec) => boolean])[] = [
  ["annotations", "1.43", ({ annotations }) => (annotations?.size ?? 0) > 0],
  [
    "a healthcheck's start interval",
    "1.44",
    ({ healthcheck }) => typeof healthcheck === "object" && healthcheck.startIntervalMs !== undefined,
  ],
  [
    "a bind mount's `recursive`",
    "1.44",
    hasMount((mount) => mount.type === "bind" && mount.recursive !== undefined && mount.recursive !== "disabled"),
  ],
  ["a path inside a volume", "1.45", hasMount((mount) => mount.type === "volume" && mount.subpath !== undefined)],
  ["a mount of type image", "1.48", hasMount((mount) => mount.type === "image")],
  ["a network's gateway priority", "1.48", hasAttachment((attachment) => attachment.gatewayPriority !== undefined)],
  [
    "a hardware address in a second network",
    "1.44",
    hasAttachment((attachment, index) => index > 0 && attachment.macAddress !== undefined),
  ],
];

function hasMount(isIt: (mount: Mount) => boolean): (spec: ContainerSpec) => boolean {
  return ({ mounts }) => mounts.some(isIt);
}

type Attachment =
  Extract<ContainerSpec["network"], { mode: "networks" }>["attachments"] extends ReadonlyMap<string, infer T>
    ? T
    : never;

function hasAttachment(isIt: (attachment: Attachment, index: number) => boolean): (spec: ContainerSpec) => boolean {
  return ({ network }) => network.mode === "networks" && [...network.attachments.values()].some(isIt);
}

/** @throws PoststackError `ENGINE_LACKS`, before anything is sent */
export function refuseWhatIsLacking(spec: ContainerSpec, spoken: Spoken, doing: string): void {
  for (const [what, since, isAsked] of sinceVersion) if (isAsked(spec)) need(what, since, spoken, doing);
}

/** @throws PoststackError `ENGINE_LACKS` */
export function refuseNetworkThatIsLacking(spec: NetworkSpec, spoken: Spoken, doing: string): void {
  if (spec.ipv4 === false) need("a network without IPv4", "1.48", spoken, doing);
}

function need(what: string, since: string, { dialect, apiVersion }: Spoken, doing: string): void {
  if (versionNumber(apiVersion) >= versionNumber(since)) return;
  // A newer one is no help: each is spoken with as the oldest (engine.ts).
  if (dialect.engine === "podman") {
    throw new PoststackError("ENGINE_LACKS", {
      what: `${doing}: Podman is not asked for ${what}: API version ${apiVersion}, which is spoken with every Podman, is older`,
      next: `leave it out, or use Docker with API version ${since} or newer`,
    });
  }
  throw new PoststackError("ENGINE_LACKS", {
    what: `${doing}: ${what} needs an engine with API version ${since}; this one has ${apiVersion}`,
    next: "use a newer engine, or leave it out",
  });
}
