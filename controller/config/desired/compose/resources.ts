import { PoststackError } from "../../../core/errors.ts";
import type { DesiredContainer } from "../../../resources/container/model.ts";
import type { DesiredImage } from "../../../resources/image/model.ts";
import type { DesiredNetwork } from "../../../resources/network/model.ts";
import type { DesiredVolume } from "../../../resources/volume/model.ts";
import { desiredContainers } from "./containers.ts";
import { desiredImages } from "./images.ts";
import { desiredNetworks } from "./networks.ts";
import { desiredVolumes } from "./volumes.ts";
import type { ComposeWishes } from "./wishes.ts";

export interface ComposeResources {
  readonly network: readonly DesiredNetwork[];
  readonly volume: readonly DesiredVolume[];
  readonly image: readonly DesiredImage[];
  readonly container: readonly DesiredContainer[];
  /** Names of volumes that the files declare, and that nothing uses now. */
  readonly unusedVolumes: readonly string[];
}

/** A typed Compose project as what an engine is to hold. */
export function composeResources(wishes: ComposeWishes): ComposeResources {
  const container = desiredContainers(wishes);
  wishes.problems.add(sameIds(container));
  return {
    network: desiredNetworks(wishes),
    volume: desiredVolumes(wishes),
    // What stops or goes needs no image.
    image: wishes.to === "running" ? desiredImages(wishes) : [],
    container,
    unusedVolumes: wishes.loaded.project.unusedVolumes ?? [],
  };
}

/** A service `web.2` beside a second container of `web`. */
function sameIds(containers: readonly DesiredContainer[]): readonly PoststackError[] {
  const seen = new Map<string, DesiredContainer>();
  return containers.flatMap((one) => {
    const other = seen.get(one.id);
    seen.set(one.id, one);
    if (other === undefined) return [];
    const what = `service \`${one.service}\` has the same name as container ${other.number} of \`${other.service}\``;
    return [new PoststackError("COMPOSE_CONFLICT", { what, where: one.place, next: "rename the service" })];
  });
}
