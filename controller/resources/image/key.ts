import { canonicalText } from "../../core/canonical.ts";
import { labelNames } from "../../core/engine-labels.ts";
import type { BuildSpec, ImageFacts } from "../../core/ports/container-images.ts";
import { keyedHash, Secret, type Text } from "../../core/secret.ts";
import type { BuildKey } from "./model.ts";

/**
 * Hash of what a build is asked for, the same for each environment: those that build one reference from the same things
 * share the image. How it is done (cache, progress, asking for newer bases) makes no other image, and neither does what a
 * secret holds: no builder takes a step for another one because of it (docs.docker.com, "Build cache invalidation").
 *
 * @param hash keyed; for arguments that nobody may guess. Others stand in the image's history anyway
 */
export function configOf(build: BuildSpec, hash: (text: Text) => string): string {
  const { cacheFrom: _cacheFrom, noCache: _noCache, pull: _pull, onOutput: _onOutput, ...spec } = build;
  const { context: _context, secrets, ...made } = spec;
  const text = canonicalText([made, [...(secrets?.keys() ?? [])].sort()]);
  return text instanceof Secret ? hash(text) : keyedHash("", text);
}

const shown = 16;

/** As the config label of the image keeps it. */
export const keyText = ({ inputs, config }: BuildKey): string => `${inputs.slice(0, shown)}.${config.slice(0, shown)}`;

export function keyOf(image: ImageFacts): BuildKey | undefined {
  const [inputs, config] = image.labels.get(labelNames.config)?.split(".") ?? [];
  return inputs === undefined || config === undefined ? undefined : { inputs, config };
}

export const isSameKeyPart = (made: string, wanted: string): boolean => made === wanted.slice(0, shown);

/** `debian:12=sha256:…,…`: the base images that the build found. */
export const basesText = (bases: ReadonlyMap<string, string>): string =>
  [...bases]
    .map(([reference, id]) => `${reference}=${id}`)
    .sort()
    .join(",");

export function basesOf(image: ImageFacts): ReadonlyMap<string, string> {
  const entries = (image.labels.get(labelNames.bases) ?? "").split(",").map((one) => one.split("=", 2));
  return new Map(entries.flatMap(([reference, id]) => (reference && id ? [[reference, id] as const] : [])));
}
