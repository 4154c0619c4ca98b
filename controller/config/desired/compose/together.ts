import { PoststackError } from "../../../core/errors.ts";
import type { ResourceId } from "../../../core/id.ts";
import { renderPlace, type Place } from "../../../core/place.ts";
import type { Problems } from "../../problems.ts";
import { agreed } from "./images.ts";
import type { ComposeResources } from "./resources.ts";

type Parts = Pick<ComposeResources, "network" | "volume" | "image" | "unusedVolumes">;

/**
 * What several Compose files of one environment ask of the engine. They are one project to it: a network or volume that two
 * of them call the same is one thing, and has to be the same in both.
 *
 * @param main keeps all that the others have no word for
 */
export function together<All extends Parts>(main: All, others: readonly Parts[], problems: Problems): All {
  const all: readonly Parts[] = [main, ...others];
  const merge = <T extends { readonly id: ResourceId }>(
    of: (parts: Parts) => readonly T[],
    both: (one: T, other: T) => T,
  ): readonly T[] => {
    const found = new Map<ResourceId, T>();
    for (const one of all.flatMap(of)) {
      const known = found.get(one.id);
      const merged = known === undefined ? one : problems.attempt(() => both(known, one));
      if (merged !== undefined) found.set(one.id, merged);
    }
    return [...found.values()];
  };
  return {
    ...main,
    network: merge(({ network }) => network, same),
    volume: merge(({ volume }) => volume, same),
    image: merge(({ image }) => image, agreed),
    unusedVolumes: all.flatMap(({ unusedVolumes }) => unusedVolumes),
  };
}

interface Named {
  readonly id: ResourceId;
  readonly name: string;
  readonly isExternal: boolean;
  readonly config: string;
  readonly place: Place;
}

function same<T extends Named>(one: T, other: T): T {
  if (one.name === other.name && one.isExternal === other.isExternal && one.config === other.config) return one;
  throw new PoststackError("COMPOSE_CONFLICT", {
    what: `${one.id} is written in two ways`,
    where: other.place,
    details: [`also at ${renderPlace(one.place)}`],
    next: "write the same in both files, or give one of them another name",
  });
}
