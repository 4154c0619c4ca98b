import { canonicalText } from "../../../core/canonical.ts";
import { PoststackError } from "../../../core/errors.ts";
import { isReference } from "../../../core/image-reference.ts";
import { renderPlace, type Place } from "../../../core/place.ts";
import { configOf } from "../../../resources/image/key.ts";
import type { BuildSource, DesiredImage, PullPolicy, RegistrySource } from "../../../resources/image/model.ts";
import { durationMsOf } from "../../compose/quantities.ts";
import type { ComposeService } from "../../compose/service-model.ts";
import { buildSpec } from "./spec/build.ts";
import { imageId } from "../image-id.ts";
import type { ComposeWishes } from "./wishes.ts";

/** One that is only built is named after project and service, as Compose names it. */
export const imageOf = (name: string, { image }: ComposeService, project: string): string =>
  image === undefined || image === "" ? `${project}-${name}` : image;

/** What each image reference of the services is to mean. Several services may say the same of it, and must agree. */
export function desiredImages(wishes: ComposeWishes): readonly DesiredImage[] {
  const { loaded, problems } = wishes;
  const found = new Map<string, DesiredImage>();
  for (const [name, service] of loaded.project.services) {
    problems.attempt(() => {
      const image = desiredImage(name, service, wishes);
      const known = found.get(image.id);
      found.set(image.id, known === undefined ? image : agreed(known, image));
    });
  }
  return [...found.values()];
}

function desiredImage(name: string, service: ComposeService, wishes: ComposeWishes): DesiredImage {
  const { loaded, engineProject, startedAt } = wishes;
  const reference = imageOf(name, service, loaded.project.name);
  const place = loaded.placeOf(["services", name, service.build === undefined ? "image" : "build"]);
  // A secret in it is told by whoever looks for secrets.
  const isWritten = service.image !== undefined && service.image !== "" && !reference.includes("«");
  if (isWritten && !isReference(reference)) {
    throw new PoststackError("COMPOSE_IMAGE", {
      what: `${JSON.stringify(reference)} of service \`${name}\` is no name of an image`,
      where: loaded.placeOf(["services", name, "image"]),
      next: "write it as `registry/path/name:tag`, the path in lower-case letters",
    });
  }
  return {
    id: imageId(reference),
    reference,
    source: sourceOf(name, service, wishes),
    since: startedAt,
    project: engineProject,
    dependsOn: [],
    place,
  };
}

/**
 * A service with `build` is built; only one that has a name for its image, too, and says that it wants the newest from
 * the registry is fetched (spec, 05-services: pull_policy).
 */
function sourceOf(name: string, service: ComposeService, wishes: ComposeWishes): BuildSource | RegistrySource {
  const { build, platform, pull_policy: written = "", pull_refresh_after: everyMs, image } = service;
  const pull = policyOf(written, everyMs);
  const isFetched = image !== undefined && (pull === "always" || typeof pull === "object");
  if (build === undefined || isFetched)
    return { type: "registry", pull, ...(platform === undefined ? {} : { platform }) };
  const spec = buildSpec(name, build, platform, wishes);
  return {
    type: "build",
    build: spec,
    config: configOf(spec, wishes.identity.hash),
    when: written === "build" ? "always" : "changed",
  };
}

function policyOf(written: string, refreshAfterMs: number | undefined): PullPolicy {
  if (written === "always" || written === "never") return written;
  if (written === "refresh") return refreshAfterMs === undefined ? "always" : { everyMs: refreshAfterMs };
  const every = /^every_(.+)$/.exec(written)?.[1] ?? { daily: "1d", weekly: "1w" }[written];
  const everyMs = every === undefined ? undefined : durationMsOf(every);
  return everyMs === undefined ? "missing" : { everyMs };
}

/**
 * What two services ask of one image, taken together: the more eager of two pull policies.
 *
 * @throws PoststackError `COMPOSE_CONFLICT`: two different builds, or two platforms, cannot have one name
 */
export function agreed(one: DesiredImage, other: DesiredImage): DesiredImage {
  const [a, b] = [one.source, other.source];
  if (a.type === "build" && b.type === "build") {
    const isSame = text(a) === text(b);
    if (isSame) return { ...one, source: { ...a, when: a.when === "always" ? a.when : b.when } };
    throw conflict(other, one.place, "is built in two ways");
  }
  // One service builds it, others use what was built.
  if (a.type === "build") return one;
  if (b.type === "build") return other;
  if (a.platform !== b.platform) throw conflict(other, one.place, "is wanted for two platforms");
  return { ...one, source: { ...a, pull: eagerness(a.pull) >= eagerness(b.pull) ? a.pull : b.pull } };
}

const text = ({ build, config }: BuildSource): unknown =>
  canonicalText([build.context, build.dockerfile, config]).toString();

const eagerness = (pull: PullPolicy): number => {
  if (typeof pull === "object") return 1 + 1 / (1 + pull.everyMs);
  return { never: 0, missing: 1, always: 3 }[pull];
};

function conflict({ reference, place }: DesiredImage, other: Place, how: string): PoststackError {
  return new PoststackError("COMPOSE_CONFLICT", {
    what: `the image ${reference} ${how}`,
    where: place,
    details: [`also at ${renderPlace(other)}`],
    next: "give one of the two services another `image:`",
  });
}
