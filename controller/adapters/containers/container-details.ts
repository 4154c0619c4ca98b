import { isSecretVariable } from "../../core/engine-labels.ts";
import type {
  ActualMount,
  ConnectedNetwork,
  ContainerDetails,
  ContainerState,
  Health,
} from "../../core/ports/container-facts.ts";
import type { ContainerSpec } from "../../core/ports/container-spec.ts";
import { Secret } from "../../core/secret.ts";
import {
  assignments,
  date,
  list,
  number,
  object,
  present,
  someNumber,
  someText,
  text,
  textMap,
  texts,
  type Json,
} from "./answer.ts";
import { lostStart } from "./failure.ts";
import { readFields, unlessEmpty } from "./fields.ts";
import {
  blkioFields,
  configFields,
  hostFields,
  namespaceFields,
  resourceFields,
  securityFields,
} from "./spec-fields.ts";
import { readMounts } from "./spec-mounts.ts";
import { readAttachment, readNetwork } from "./spec-network.ts";
import { readPorts } from "./spec-ports.ts";

const states: ReadonlySet<string> = new Set([
  "created",
  "running",
  "paused",
  "restarting",
  "removing",
  "exited",
  "dead",
]);

/** Podman has more words: `configured` and `initialized` before the first start, `stopped` after it. */
const otherWords: Readonly<Record<string, ContainerState>> = {
  configured: "created",
  initialized: "created",
  stopped: "exited",
  stopping: "running",
};

export const readState = (word: unknown): ContainerState =>
  states.has(text(word)) ? (word as ContainerState) : (otherWords[text(word)] ?? "unknown");

export const readHealth = (word: unknown): Health =>
  word === "starting" || word === "healthy" || word === "unhealthy" ? word : undefined;

/** The last probe's words that are kept. */
const healthOutputLength = 4_096;

/** An answer of "Inspect a container". */
export function readDetails(answer: unknown): ContainerDetails {
  const json = object(answer);
  const state = object(json["State"]);
  const health = object(state["Health"] ?? state["Healthcheck"]);
  const probe = object(list(health["Log"]).at(-1));
  const settings = object(json["NetworkSettings"]);
  const own = ownAliases(json);
  return {
    id: text(json["Id"]),
    name: text(json["Name"]).replace(/^\//, ""),
    imageId: imageId(json["Image"]),
    state: readState(state["Status"]),
    createdAt: date(json["Created"]) ?? new Date(0),
    startedAt: date(state["StartedAt"]),
    finishedAt: date(state["FinishedAt"]),
    exitCode: number(state["ExitCode"]),
    wasOomKilled: state["OOMKilled"] === true,
    startError: someText(state["Error"]),
    ...(lostStart.test(text(state["Error"])) ? { isStuck: true } : {}),
    restartCount: number(json["RestartCount"]),
    pid: someNumber(state["Pid"]),
    health: state["Running"] === true ? readHealth(health["Status"]) : undefined,
    healthOutput: someText(text(probe["Output"]).slice(-healthOutputLength)),
    spec: readSpec(json),
    networks: readConnected(settings["Networks"]),
    ports: readPorts(settings["Ports"]),
    mounts: readActualMounts(json["Mounts"]),
    attachments: new Map(
      Object.entries(object(settings["Networks"])).map(([name, endpoint]) => [name, readAttachment(endpoint, own)]),
    ),
  };
}

/** Podman leaves the algorithm away. */
export const imageId = (id: unknown): string => {
  const written = text(id);
  return /^[0-9a-f]{64}$/.test(written) ? `sha256:${written}` : written;
};

/** What the engine adds to the aliases itself. A hostname of one's own is among them. */
const ownAliases = (json: Json): ReadonlySet<string> =>
  new Set([text(object(json["Config"])["Hostname"]), text(json["Id"]).slice(0, 12)]);

/** Values of variables are secrets, but for those of our own containers that their labels know as public. */
function readSpec(json: Json): ContainerSpec {
  const config = object(json["Config"]);
  const host = object(json["HostConfig"]);
  const ports = readPorts(host["PortBindings"]);
  const published = new Set(ports.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const shortId = text(json["Id"]).slice(0, 12);
  const own = ownAliases(json);
  const labels = textMap(config["Labels"]);
  const isSecret = isSecretVariable(labels);
  const { hostname, ...plain } = readFields(configFields, config);
  const resources = readFields(resourceFields, host);
  const blkio = unlessEmpty(readFields(blkioFields, host));
  return present({
    ...plain,
    // The engine's own choice.
    hostname: hostname === shortId ? undefined : hostname,
    ...readFields(hostFields, host),
    environment: new Map(
      [...assignments(config["Env"])].map(([key, value]) => [key, isSecret(key) ? new Secret(value) : value]),
    ),
    labels,
    network: readNetwork(text(host["NetworkMode"]), object(object(json["NetworkSettings"])["Networks"]), own),
    ports,
    expose: Object.keys(object(config["ExposedPorts"])).filter((port) => !published.has(port)),
    mounts: readMounts(host),
    resources: unlessEmpty({ ...resources, ...(blkio === undefined ? {} : { blkio }) }),
    security: unlessEmpty(readFields(securityFields, host)),
    namespaces: unlessEmpty(readFields(namespaceFields, host)),
  });
}

export const readConnected = (json: unknown): ReadonlyMap<string, ConnectedNetwork> =>
  new Map(
    Object.entries(object(json)).map(([name, settings]) => {
      const { NetworkID, Aliases, IPAddress, MacAddress } = object(settings);
      const connected = {
        id: someText(NetworkID),
        aliases: texts(Aliases),
        address: someText(IPAddress),
        macAddress: someText(MacAddress),
      };
      return [name, connected];
    }),
  );

export const readActualMounts = (json: unknown): readonly ActualMount[] =>
  list(json).map((entry) => {
    const { Type, Name, Source, Destination, RW } = object(entry);
    const name = someText(Name);
    return {
      type: text(Type),
      ...(name === undefined ? {} : { name }),
      source: text(Source),
      target: text(Destination),
      isReadOnly: RW === false,
    };
  });
