import type { ResourceId } from "../../../core/id.ts";
import { configOf, hooksKey, type ComparedFile } from "../../../resources/container/config.ts";
import type { DesiredContainer } from "../../../resources/container/model.ts";
import type { ComposeService } from "../../compose/service-model.ts";
import { imageId } from "../image-id.ts";
import { acceptanceOf } from "./acceptance.ts";
import { imageOf } from "./images.ts";
import { hostPaths } from "./host-paths.ts";
import { needsOf, runOnce, sharesOf } from "./needs.ts";
import { networkId } from "./networks.ts";
import { warnOffNetwork } from "./off-network.ts";
import { privateFields } from "./private-fields.ts";
import { givenOf, type Given } from "./spec/files.ts";
import { hookOf } from "./spec/hooks.ts";
import { specOf } from "./spec/spec.ts";
import { volumeId } from "./volumes.ts";
import type { ComposeWishes } from "./wishes.ts";

/** A container for each active service, and for each of its replicas. */
export function desiredContainers(wishes: ComposeWishes): readonly DesiredContainer[] {
  const once = runOnce(wishes.loaded.project);
  return [...wishes.loaded.project.services].flatMap(
    ([name, service]) =>
      wishes.problems.attempt(() => replicas(name, service, once.has(name) ? "once" : "always", wishes)) ?? [],
  );
}

function replicas(
  name: string,
  service: ComposeService,
  runs: DesiredContainer["runs"],
  wishes: ComposeWishes,
): readonly DesiredContainer[] {
  const { loaded, peers, files, placeholders, variables, identity, engineProject, stateRoot, to } = wishes;
  const { project, placeOf } = loaded;
  const { lift } = placeholders;
  warnOffNetwork(name, service, wishes);
  const given = givenOf(name, service, project, { files, lift, variables, placeOf, warn: wishes.warn });
  const inside = given.flatMap((one) => (one.type === "file" ? [one.file] : []));
  const mounts = given.flatMap((one) => (one.type === "mount" ? [one.mount] : []));
  const needs = needsOf(service, project, peers);
  const sharesWith = sharesOf(service, peers);
  const image = imageId(imageOf(name, service, project.name));
  const hidden = privateFields(name, service, wishes);
  const postStart = (service.post_start ?? []).flatMap((hook) => hookOf(hook, lift));
  const preStop = (service.pre_stop ?? []).flatMap((hook) => hookOf(hook, lift));
  const hooks = hooksKey({ postStart, preStop }, identity.hash);
  const before = [...partsOf(name, service, project.name), ...needs.map(({ id }) => id), ...sharesWith];
  return peers.of(name).map((peer): DesiredContainer => {
    const spec = specOf(name, service, peer.number, mounts, wishes);
    const paths = hostPaths(spec.mounts, { volumes: project.volumes, files, stateRoot });
    const startedAfter = wishes.startedAfter(name, ...peer.called);
    return {
      id: peer.id,
      service: name,
      number: peer.number,
      name: peer.name,
      to: wishes.isMeant?.(name, ...peer.called) === false ? "as-is" : to,
      spec,
      ...(paths.length === 0 ? {} : { hostPaths: paths }),
      image,
      files: inside,
      config: configOf(spec, [...inside, ...mountedFiles(given)], identity.hash, hidden),
      needs,
      sharesWith,
      postStart,
      preStop,
      ...(hooks === undefined ? {} : { hooks }),
      runs,
      since: wishes.startedAt,
      acceptance: acceptanceOf(spec),
      ...(startedAfter === undefined ? {} : { startedAfter }),
      project: engineProject,
      dependsOn: to === "running" ? [...wishes.after, ...before] : [],
      place: placeOf(["services", name]),
    };
  });
}

/** What is mounted is compared as well, although nothing has to be put anywhere. */
export const mountedFiles = (given: readonly Given[]): readonly ComparedFile[] =>
  given.flatMap((one) =>
    one.type === "mount" && one.content !== undefined
      ? [{ path: one.mount.target, content: one.content, mode: 0, uid: 0, gid: 0 }]
      : [],
  );

/** The objects that a container of the service needs to be there. */
export const partsOf = (name: string, service: ComposeService, project: string): readonly ResourceId[] => [
  imageId(imageOf(name, service, project)),
  ...[...(service.networks?.keys() ?? [])].map(networkId),
  ...(service.volumes ?? []).flatMap(({ type, source }) =>
    type === "volume" && source !== undefined ? [volumeId(source)] : [],
  ),
];
