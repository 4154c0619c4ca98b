import { resourceId } from "../../core/id.ts";
import type { ImageLeftovers } from "../../resources/image/model.ts";
import type { DesiredResources } from "../../resources/index.ts";
import type { VolumeLeftovers } from "../../resources/volume/model.ts";
import type { OnEngine } from "./server-container.ts";
import type { DesiredOptions, DesiredSource } from "./options.ts";
import { projectImages } from "./project-images.ts";

type Wishes = Pick<DesiredResources, "network" | "volume" | "image" | "container">;

/**
 * What of an environment's objects goes that nobody asks for. Beside an environment that stays as it is only that; beside
 * one that goes itself, also that.
 *
 * @param source images of the project's folders are the project's, whatever an environment makes of them
 * @param unusedVolumes names of volumes that nothing uses now, and that the files still declare
 */
export function withPruned(
  { resources, container: server }: OnEngine,
  { prune, to, deleteData = false, services }: DesiredOptions,
  { project, files, warn }: Pick<DesiredSource, "project" | "files" | "warn">,
  unusedVolumes: readonly string[],
): Wishes {
  const volumes = resources.volume.flatMap((one) => ("name" in one ? [one.name] : []));
  const ofServer = server === undefined ? [] : [server];
  const ownContainersGo = to === "absent";
  if (prune === undefined) {
    // What goes for good takes along what the files no longer name. The server's own volume goes with the server.
    if (!ownContainersGo || !deleteData || services !== undefined) return resources;
    const kept = [...volumes, ...ofServer.map((one) => one.volume)];
    return { ...resources, volume: [...resources.volume, leftoverVolumes(kept, { deleteData, ownContainersGo })] };
  }
  const { network, container } = resources;
  // What goes with its environment goes once.
  const keepsVolumes = !prune.named || ownContainersGo;
  const image: ImageLeftovers = {
    id: resourceId("image", "leftovers"),
    keep: prune.named
      ? []
      : [
          ...container.map(({ spec }) => spec.image),
          ...ofServer.map((one) => one.image),
          ...projectImages(project, files, warn),
        ],
    ownContainersGo,
    dependsOn: [],
  };
  const keep = keepsVolumes ? [...volumes, ...unusedVolumes, ...ofServer.map((one) => one.volume)] : [];
  const volume = leftoverVolumes(keep, { deleteData, ownContainersGo });
  return { network, container, image: [image], volume: [...(ownContainersGo ? resources.volume : []), volume] };
}

const leftoverVolumes = (
  keep: readonly string[],
  how: Pick<VolumeLeftovers, "deleteData" | "ownContainersGo">,
): VolumeLeftovers => ({ id: resourceId("volume", "leftovers"), keep, ...how, dependsOn: [] });
