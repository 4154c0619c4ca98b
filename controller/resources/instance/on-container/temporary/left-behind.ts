import { labelNames } from "../../../../core/engine-labels.ts";
import type { ContainerSummary } from "../../../../core/ports/container-facts.ts";

/** Labels that only the container of a temporary server has. They say nothing of an environment: it belongs to none. */
const temporaryLabels = {
  /** Its own name: an image that is made of it brings the label along, and an engine gives a name once (RELIABILITY 8). */
  name: "io.poststack.temporary",
  /** The process that made it, and takes it away. */
  maker: "io.poststack.temporary.maker",
} as const;

/** @param maker `Host.self` */
export const labelsOfTemporary = (name: string, maker: string): ReadonlyMap<string, string> =>
  new Map([
    [temporaryLabels.name, name],
    [temporaryLabels.maker, maker],
    // From an image that was built for an environment it would have that one's mark.
    [labelNames.owner, ""],
  ]);

/** @param maker `Host.self` */
export const isMadeBy = (labels: ReadonlyMap<string, string>, maker: string): boolean =>
  labels.get(temporaryLabels.maker) === maker;

/** Milliseconds after which one is nobody's, whatever its maker is. A schema without rows takes minutes. */
const forsakenAfterMs = 24 * 60 * 60_000;

/**
 * Whether nobody takes it away any more: its maker was killed before it could, or was not able to while it went on. Machines,
 * containers and users that share an engine see nothing of each other's processes, and none sees what another one is at: while
 * the maker may live it is left alone until it is old.
 *
 * @param isGone whether the maker has ended, as far as one can tell (`Host.isGone`)
 */
export function isForsaken(
  { names, labels, state, createdAt }: Pick<ContainerSummary, "names" | "labels" | "state" | "createdAt">,
  isGone: (maker: string) => boolean | undefined,
  now: Date,
): boolean {
  const name = labels.get(temporaryLabels.name);
  // One that somebody gave another name is wanted by somebody.
  if (name === undefined || !names.includes(name) || state === "removing") return false;
  const maker = labels.get(temporaryLabels.maker) ?? "";
  return isGone(maker) === true || now.getTime() - createdAt.getTime() > forsakenAfterMs;
}
