import { labelNames, ownLabels } from "../../core/engine-labels.ts";
import { fromFacts, PoststackError } from "../../core/errors.ts";
import { imageFinder, shortImageId } from "../../core/image-reference.ts";
import type { Ports } from "../../core/ports.ts";
import type { Result } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import { basesText, keyText } from "./key.ts";
import { removeLeftover } from "./leftovers.ts";
import { buildSteps } from "./steps.ts";
import type { BuildSource, DesiredImage, ImageAction, RegistrySource } from "./model.ts";
import { noteRefreshed } from "./refreshed.ts";

export async function apply(action: ImageAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  switch (action.verb) {
    case "pull":
      return pull(action.desired, action.source, action.before, ports, signal);
    case "build":
      return build(action, ports, signal);
    case "delete":
      return removeLeftover(action, ports, signal);
    case "refuse":
      throw fromFacts(action.error);
    default:
      return unreachable(action);
  }
}

async function pull(
  { reference }: DesiredImage,
  { platform, pull: policy }: RegistrySource,
  before: string | undefined,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const options = { onProgress: ports.progress, ...(platform === undefined ? {} : { platform }) };
  await ports.containers.pullImage(reference, options, signal);
  const image = await ports.containers.inspectImage(reference, signal);
  if (image === undefined) throw missingAfter(reference, "pulled");
  // A pull that brought nothing new leaves no trace; giving it its own name again does, where the engine keeps the time.
  if (typeof policy !== "string" && !reference.includes("@")) {
    await ports.containers.tagImage(image.id, reference, signal);
  }
  noteRefreshed(ports, reference);
  return { note: change(before, image.id) };
}

async function build(
  { desired, source, key, bases, before }: Extract<ImageAction, { readonly verb: "build" }>,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const found = await fetchBases(bases, source, ports, signal);
  const labels = new Map([
    ...(source.build.labels ?? []),
    ...ownLabels({ ...desired, config: keyText(key) }, ports),
    [labelNames.bases, basesText(found)],
  ]);
  const steps = buildSteps();
  const onOutput = (line: string): void => {
    steps.hear(line);
    ports.progress(line);
  };
  const except = [ports.state.root];
  const spec = { ...source.build, references: referencesOf(desired, source), except, labels, onOutput };
  const built = await ports.containers.buildImage(spec, signal);
  noteRefreshed(ports, desired.reference);
  const done = steps.text();
  return { note: `${change(before, built.id)}${done === undefined ? "" : `; ${done}`}` };
}

const referencesOf = ({ reference }: DesiredImage, { build: { references } }: BuildSource): readonly string[] => [
  ...new Set([reference, ...references]),
];

/**
 * The base images are here before the build begins, so that the image's label can say which they were: a base that is
 * fetched by the build itself would be one that nobody compares with later.
 */
async function fetchBases(
  bases: readonly string[],
  { build: { platform, pull: isFresh = false } }: BuildSource,
  ports: Ports,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (bases.length === 0) return new Map();
  const options = { onProgress: ports.progress, ...(platform === undefined ? {} : { platform }) };
  const before = imageFinder(await ports.containers.images(signal));
  const missing = bases.filter((reference) => isFresh || before(reference) === undefined);
  for (const reference of missing) {
    await ports.containers.pullImage(reference, options, signal).catch((error: unknown) => {
      // A builder may know registries and mirrors that the engine does not: the build says what is missing.
      if (!(error instanceof PoststackError) || error.errorClass !== "terminal") throw error;
    });
  }
  const after = missing.length === 0 ? before : imageFinder(await ports.containers.images(signal));
  return new Map(
    bases.flatMap((reference): [string, string][] => {
      const base = after(reference);
      return base === undefined ? [] : [[reference, base.id]];
    }),
  );
}

const change = (before: string | undefined, after: string): string =>
  before === undefined
    ? shortImageId(after)
    : before === after
      ? "unchanged"
      : `${shortImageId(before)} → ${shortImageId(after)}`;

const missingAfter = (reference: string, how: string): PoststackError =>
  new PoststackError("IMAGE_MISSING", { what: `image "${reference}" was ${how} and is not here`, next: "apply again" });
