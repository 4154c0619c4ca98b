import { canonicalText } from "../../core/canonical.ts";
import { labelNames } from "../../core/engine-labels.ts";
import type { BuildSpec, ImageFacts } from "../../core/ports/container-images.ts";
import type { Text } from "../../core/secret.ts";
import type { BuildKey } from "./model.ts";

/** Keyed hash of what a build is asked for. How it is done (cache, progress, asking for newer bases) makes no other image. */
export function configOf(build: BuildSpec, hash: (text: Text) => string): string {
  const { cacheFrom: _cacheFrom, noCache: _noCache, pull: _pull, onOutput: _onOutput, ...spec } = build;
  const { context: _context, ...made } = spec;
  return hash(canonicalText(made));
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
