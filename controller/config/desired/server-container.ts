import { resolve } from "node:path";
import { canonicalText } from "../../core/canonical.ts";
import { derivedName } from "../../core/derived-name.ts";
import { composeProject, type EngineProject } from "../../core/engine-labels.ts";
import { resourceId, type ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import { majorOf } from "../../core/postgres-versions.ts";
import type { ContainerSpec } from "../../core/ports/container-spec.ts";
import type { DesiredImage } from "../../resources/image/model.ts";
import type { DesiredResources } from "../../resources/index.ts";
import type { ContainerServer } from "../../resources/instance/model.ts";
import type { DesiredJob } from "../../resources/job/model.ts";
import type { DesiredNetwork } from "../../resources/network/model.ts";
import type { DesiredVolume } from "../../resources/volume/model.ts";
import type { EnvironmentSource, ProjectSource } from "../source.ts";
import { imageId } from "./image-id.ts";
import type { Identity } from "./identity.ts";
import { serverNetworks } from "./server-networks.ts";
import type { Server } from "./server.ts";

/** What Compose's tools list the environment's Postgres as: a service `postgres` of somebody's file keeps its own name. */
export const serverService = "poststack-postgres";

/**
 * The server's container and volume, and what containers call it. Compose files are read with it as their DB_HOST, so it
 * cannot depend on what is in them; and environments may meet on a network, so it is no other one's name.
 */
export const serverName = (project: string, environment: string): string =>
  derivedName([project, environment, "postgres"]);

/** Inside its container. */
export const serverPort = 5432;

/** For new data, when neither `version` nor `image` is written. */
const defaultMajor = 17;

/** What an image is that nobody named: the official one. */
const defaultImage = (version: string | number = defaultMajor): string => `postgres:${version}`;

export interface ServerWishes {
  readonly project: Pick<ProjectSource, "name" | "root" | "fileName">;
  readonly environment: EnvironmentSource;
  readonly identity: Identity;
  readonly startedAt: Date;
  readonly server: Pick<Server, "provider" | "endpoint">;
  readonly to: DesiredNetwork["to"];
  /** What the deployment asks of the engine. */
  readonly deployment: EngineResources;
  /** The jobs of `init:`: those in containers are on networks, too. */
  readonly jobs: readonly DesiredJob[];
}

type EngineResources = Pick<DesiredResources, "network" | "volume" | "image" | "container">;

export interface OnEngine {
  /** With provider container. */
  readonly container?: ContainerServer;
  /** What has to be there before the server. */
  readonly dependsOn: readonly ResourceId[];
  /** What the deployment asks of the engine, and what the server needs besides. */
  readonly resources: EngineResources;
}

/** The server's part of what an environment asks of its container engine. */
export function withServer(wishes: ServerWishes): OnEngine {
  const { deployment, server, to } = wishes;
  if (server.provider !== "container") return { dependsOn: [], resources: deployment };
  const { container, network, volume, image } = serverOnContainer(wishes);
  const resources: EngineResources = {
    network: [...deployment.network, ...network],
    // The instance takes its volume along where it may: before that, its container has to go.
    volume: to === "absent" ? deployment.volume : [...deployment.volume, volume],
    image: to === "absent" ? deployment.image : [...deployment.image, ...image],
    container: deployment.container,
  };
  const needed = [...resources.network.map(({ id }) => id), volume.id, imageId(container.image)];
  return { container, dependsOn: to === "absent" ? [] : needed, resources };
}

interface ServerOnContainer {
  readonly container: ContainerServer;
  readonly network: readonly DesiredNetwork[];
  readonly volume: DesiredVolume;
  readonly image: readonly DesiredImage[];
}

function serverOnContainer(wishes: ServerWishes): ServerOnContainer {
  const { project, environment, identity, startedAt, deployment, to } = wishes;
  const { port } = wishes.server.endpoint;
  const { version, image, bind = "127.0.0.1" } = environment.config.postgres ?? {};
  const place = environment.placeOf(["postgres"]);
  const engineProject: EngineProject = {
    project: project.name,
    environment: environment.name,
    root: project.root,
    workingDirectory: project.root,
    configFiles: [resolve(project.root, project.fileName)],
  };
  const name = serverName(project.name, environment.name);
  const reference = image ?? defaultImage(version);
  const major = majorOf(String(version ?? "")) ?? majorOf(tagOf(reference));
  const { joined, added: network } = serverNetworks(deployment.network, usersOf(wishes), () => {
    const key = deployment.network.some((one) => one.key === "default") ? "poststack" : "default";
    return ownNetwork(key, engineProject, identity, to, place);
  });
  const volumeSpec = { labels: new Map<string, string>() };
  const address = addressOf(bind);
  const fixed = [address ?? null, port, name, serverService];
  return {
    container: {
      name,
      image: reference,
      major,
      bind: address,
      port,
      volume: name,
      networks: joined.map((one) => one.name),
      alias: name,
      service: serverService,
      config: identity.hash(canonicalText(fixed)),
      project: engineProject,
    },
    network,
    volume: {
      id: resourceId("volume", serverService),
      name,
      key: serverService,
      to: "present",
      deleteData: false,
      isExternal: false,
      spec: volumeSpec,
      config: identity.hash(canonicalText(volumeSpec)),
      project: engineProject,
      dependsOn: [],
      place,
    },
    image: deployment.image.some((one) => one.id === imageId(reference))
      ? []
      : [
          {
            id: imageId(reference),
            reference,
            source: { type: "registry", pull: "missing" },
            since: startedAt,
            project: engineProject,
            dependsOn: [],
            place: environment.placeOf(["postgres", image === undefined ? "version" : "image"]),
          },
        ],
  };
}

const usersOf = ({ deployment, jobs }: ServerWishes): readonly ContainerSpec["network"][] => [
  ...deployment.container.map(({ spec }) => spec.network),
  ...jobs.flatMap(({ container }) => (container === undefined ? [] : [container.spec.network])),
];

/** `default`: the one that Compose makes for services that name none. */
function ownNetwork(
  key: string,
  project: EngineProject,
  identity: Identity,
  to: DesiredNetwork["to"],
  place: Place,
): DesiredNetwork {
  const spec = { labels: new Map<string, string>() };
  return {
    id: resourceId("network", key),
    name: `${composeProject(project)}_${key}`,
    key,
    to,
    isExternal: false,
    spec,
    config: identity.hash(canonicalText(spec)),
    project,
    dependsOn: [],
    place,
  };
}

/** `postgres:17-bookworm` → `17-bookworm`; of other images the tag says nothing about the server's version. */
const tagOf = (reference: string): string => /(?:^|\/)postgres:([^@/]+)/.exec(reference)?.[1] ?? "";

/** As an engine takes it; undefined: every address. */
function addressOf(bind: string): string | undefined {
  if (bind === "localhost") return "127.0.0.1";
  return bind === "*" || bind === "0.0.0.0" || bind === "::" ? undefined : bind;
}
