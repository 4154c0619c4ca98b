import { fromFacts, PoststackError } from "../../core/errors.ts";
import { imageFinder } from "../../core/image-reference.ts";
import type { Ports } from "../../core/ports.ts";
import type { ImageFacts } from "../../core/ports/container-images.ts";
import { isLeftovers, observeLeftovers } from "./leftovers.ts";
import type { BuildSource, DesiredImage, ImageWish, ObservedImage } from "./model.ts";
import { refreshedAt } from "./refreshed.ts";

/** What the references mean now, from one list; a single one is asked about only where its age decides. */
export async function observe(
  wishes: readonly ImageWish[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedImage[]> {
  const leftovers = wishes.filter(isLeftovers).map((wish) => observeLeftovers(wish, ports, signal));
  const named = wishes.flatMap((wish) => (isLeftovers(wish) ? [] : [wish]));
  return [...(await observeNamed(named, ports, signal)), ...(await Promise.all(leftovers)).flat()];
}

async function observeNamed(
  desired: readonly DesiredImage[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedImage[]> {
  if (desired.length === 0) return [];
  const images = await ports.containers.images(signal);
  const find = imageFinder(images);
  return Promise.all(
    desired.map(async (one): Promise<ObservedImage> => {
      const { reference, source } = one;
      const image = find(reference);
      const refreshed = image === undefined ? undefined : await lastRefresh(one, image, ports, signal);
      return {
        reference,
        ...(image === undefined ? {} : { image }),
        ...(refreshed === undefined ? {} : { refreshedAt: refreshed }),
        ...(source.type === "build" ? await observeBuild(one, source, find, ports, signal) : {}),
      };
    }),
  );
}

/** Ours is exact; the engine's own time also knows of pulls by others and by earlier commands. */
async function lastRefresh(
  { reference, source }: DesiredImage,
  { id }: ImageFacts,
  ports: Ports,
  signal: AbortSignal,
): Promise<Date | undefined> {
  const own = refreshedAt(ports, reference);
  if (own !== undefined || source.type === "build" || typeof source.pull === "string") return own;
  return (await ports.containers.inspectImage(id, signal))?.taggedAt;
}

async function observeBuild(
  { place }: DesiredImage,
  { build }: BuildSource,
  find: (reference: string) => ImageFacts | undefined,
  ports: Ports,
  signal: AbortSignal,
): Promise<Pick<ObservedImage, "inputs" | "bases" | "error">> {
  const spec = { ...build, except: [ports.state.root] };
  const found = await ports.containers.buildContext(spec, signal).catch((error: unknown) => {
    if (!(error instanceof PoststackError)) throw error;
    // One that cannot be built stops only itself (RELIABILITY 3).
    if (error.errorClass !== "terminal") throw fromFacts({ where: place, ...error.facts }, { cause: error.cause });
    return error;
  });
  if (found instanceof PoststackError) return { error: found.facts };
  const inputs = { digest: found.digest, bases: found.bases(build.arguments) };
  const bases = inputs.bases.flatMap((reference): [string, string][] => {
    const base = find(reference);
    return base === undefined ? [] : [[reference, base.id]];
  });
  return { inputs, bases: new Map(bases) };
}
