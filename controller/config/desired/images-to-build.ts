import { posix } from "node:path";
import { baseImages } from "../../core/dockerfile.ts";
import { PoststackError } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import { fullReference } from "../../core/image-reference.ts";
import type { ContextSpec } from "../../core/ports/container-images.ts";
import type { Files } from "../../core/ports/files.ts";
import type { BuildSource, DesiredImage } from "../../resources/image/model.ts";
import type { DesiredResources } from "../../resources/index.ts";
import { knownNames } from "../known-names.ts";
import type { BuildOptions } from "./options.ts";
import { desiredProjectImages, type ImageWishes } from "./project-images.ts";

/** An image that can be built here, and what it may be called. */
interface Buildable {
  readonly image: DesiredImage & { readonly source: BuildSource };
  /** Of services, or the last part of its own name. */
  readonly short: readonly string[];
}

/**
 * What somebody asked to be built: by the names of services, of folders or of images.
 *
 * @throws PoststackError `TARGET_UNKNOWN`; what reading the folders may throw
 */
export function imagesToBuild(
  wishes: ImageWishes,
  options: BuildOptions | undefined,
  { image, container }: Pick<DesiredResources, "image" | "container">,
): readonly DesiredImage[] {
  if (options === undefined) return [];
  const { names, noCache, of, shipped } = options;
  // Of the project's folders a service needs at most some: what is wrong with another one is no matter of its own.
  const ours = desiredProjectImages(wishes, shipped, of === "project" ? "refused" : "left out");
  const deployed = image.flatMap((one) => (one.reference === undefined ? [] : [one]));
  const all = (of === "project" ? ours : deployed).flatMap((one): Buildable[] => {
    const { source, reference } = one;
    if (source.type !== "build") return [];
    const services = container.flatMap(({ service, spec }) => (spec.image === reference ? [service] : []));
    return [{ image: { ...one, source }, short: of === "project" ? [lastPart(reference)] : services }];
  });
  const asked = named(all, names).map(({ source, ...one }) => ({
    ...one,
    source: noCache ? withoutCache(source) : source,
  }));
  if (of === "project") return asked;
  // An image that nobody builds here may be one of ours all the same: that of the server, or of a service.
  const taken = names.length > 0 ? [] : deployed.filter(({ source }) => source.type !== "build");
  return withBases(asked, taken, ours, wishes.files);
}

/** `poststack/postgres:15` is `postgres`. */
const lastPart = (reference: string): string => reference.replace(/^[^/]*\//, "").replace(/:.*$/, "");

function named(all: readonly Buildable[], names: readonly string[]): readonly Buildable["image"][] {
  const isCalled = ({ image: { reference, id }, short }: Buildable, name: string): boolean =>
    [...short, reference, id].includes(name);
  const unknown = names.find((name) => !all.some((one) => isCalled(one, name)));
  if (unknown !== undefined) {
    throw new PoststackError("TARGET_UNKNOWN", {
      what: `\`${unknown}\` is nothing that is built here`,
      next: knownNames(
        unknown,
        all.flatMap(({ short }) => short),
      ),
    });
  }
  return all.filter((one) => names.length === 0 || names.some((name) => isCalled(one, name))).map(({ image }) => image);
}

/**
 * Images of services after those of ours that they are made from: of the project's folders, or shipped. These are built
 * where they are not there, or not from what their files hold now.
 */
function withBases(
  built: readonly (DesiredImage & { readonly source: BuildSource })[],
  taken: readonly DesiredImage[],
  ours: readonly DesiredImage[],
  files: Files,
): readonly DesiredImage[] {
  const byReference = new Map(
    ours.flatMap((one) =>
      one.source.type === "build" ? one.source.build.references.map((name) => [fullReference(name), one] as const) : [],
    ),
  );
  const byId = new Map(ours.map((one) => [one.id, one]));
  const needed = new Set<ResourceId>();
  const need = (one: DesiredImage): void => {
    if (needed.has(one.id)) return;
    needed.add(one.id);
    for (const id of one.dependsOn) {
      const base = byId.get(id);
      if (base !== undefined) need(base);
    }
  };
  const ofOurs = (references: readonly string[]): readonly DesiredImage[] =>
    references.flatMap((reference) => byReference.get(fullReference(reference)) ?? []);
  for (const one of ofOurs(taken.map(({ reference }) => reference))) need(one);
  const after = built.map((one): DesiredImage => {
    const bases = ofOurs(basesOf(one.source.build, files));
    for (const base of bases) need(base);
    return { ...one, dependsOn: [...new Set([...one.dependsOn, ...bases.map(({ id }) => id)])] };
  });
  const own = new Set(built.map(({ id }) => id));
  return [...ours.filter(({ id }) => needed.has(id) && !own.has(id)), ...after];
}

/** What a Dockerfile begins with, the defaults of its arguments put in. What is wrong with the file, the look tells. */
function basesOf({ context, dockerfile = "Dockerfile", dockerfileText }: ContextSpec, files: Files): readonly string[] {
  const path = posix.resolve(context, dockerfile);
  try {
    return baseImages(dockerfileText ?? files.read(path, { limitBytes }), () => undefined);
  } catch (error) {
    if (!(error instanceof PoststackError)) throw error;
    return [];
  }
}

const limitBytes = 1024 * 1024;

const withoutCache = (source: BuildSource): BuildSource => ({
  ...source,
  build: { ...source.build, noCache: true },
  when: "always",
});
