import { createHash } from "node:crypto";
import { labelNames } from "../../../core/engine-labels.ts";
import { kindOf, nameOf, type ResourceId } from "../../../core/id.ts";
import { bareId, imageFinder } from "../../../core/image-reference.ts";
import { claimsAmong } from "../../../core/ownership.ts";
import type { Ports } from "../../../core/ports.ts";
import type { ProcessRecord } from "../../../core/ports/host.ts";
import { contractsKnown } from "../../../core/known-contracts.ts";
import type { DeployedPart, DeploymentWish, WantedRelease } from "./model.ts";

type Asked = Pick<Ports, "host" | "containers" | "state">;

/**
 * What is there of the deployment: every process of this host and every container of the engine that is ours, whatever the
 * files say of it. What runs on other machines against the same database is not seen.
 */
export async function deployedParts(
  { hasContainers }: Pick<DeploymentWish, "hasContainers">,
  ports: Asked,
  signal: AbortSignal,
): Promise<readonly DeployedPart[]> {
  const [processes, containers] = await Promise.all([
    ports.host.processes(signal),
    hasContainers ? deployedContainers(ports, signal) : [],
  ]);
  return [...processes.map(processPart), ...containers].sort((a, b) => (a.called < b.called ? -1 : 1));
}

const processPart = ({ resource, configHash, fields, running, accepted }: ProcessRecord): DeployedPart => ({
  resource: resource as ResourceId,
  called: `process ${nameOf(resource as ResourceId)}`,
  release: configHash,
  isUp: running,
  knows: contractsKnown(fields),
  ...(accepted ? {} : { isUnproved: true }),
});

/** The server's own container talks to nobody. What a job left behind may well. */
const deployed: ReadonlySet<string> = new Set(["container", "job"]);

/** An engine may start it any moment, or go on with it. */
const up: ReadonlySet<string> = new Set(["running", "restarting", "paused"]);

async function deployedContainers(ports: Asked, signal: AbortSignal): Promise<readonly DeployedPart[]> {
  const all = await ports.containers.containers(signal);
  const claims = await claimsAmong(all, ports, signal);
  return claims
    .filter(({ resource }) => deployed.has(kindOf(resource)))
    .map(({ resource, summary: { id, names, labels, imageId, state, health } }): DeployedPart => ({
      resource,
      called: `container ${names[0] ?? id.slice(0, 12)}`,
      release: containerRelease(labels.get(labelNames.config) ?? "", imageId),
      isUp: up.has(state),
      ...(state === "running" && (health === undefined || health === "healthy") ? {} : { isUnproved: true }),
    }));
}

/** By resource, what would run if everything were as the files ask for. */
export async function wantedReleases(
  { parts = [] }: DeploymentWish,
  { containers }: Pick<Ports, "containers">,
  signal: AbortSignal,
): Promise<ReadonlyMap<ResourceId, WantedRelease>> {
  const isOnEngine = parts.some(({ image }) => image !== undefined);
  const find = imageFinder(isOnEngine ? await containers.images(signal) : []);
  return new Map(
    parts.map(({ id, service, config, image }): [ResourceId, WantedRelease] => {
      if (image === undefined) return [id, { service, release: config }];
      const found = find(image.reference);
      return [
        id,
        { service, image: image.id, ...(found === undefined ? {} : { release: containerRelease(config, found.id) }) },
      ];
    }),
  );
}

/** SHA-256 in hex: what a container is made of, besides what can be changed in place, and the image that it runs. */
const containerRelease = (config: string, imageId: string): string =>
  createHash("sha256")
    .update(`${config}\n${bareId(imageId)}`)
    .digest("hex");
