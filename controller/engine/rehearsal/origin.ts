import { fullReference, shortImageId } from "../../core/image-reference.ts";
import type { Rehearsal } from "../../core/rehearsal.ts";
import type { ImageDetails } from "../../core/ports/container-images.ts";
import type { Endpoint } from "../../core/ports/postgres.ts";
import type { DesiredInstance, ObservedInstance } from "../../resources/instance/model.ts";
import { onTemporaryContainer } from "../../resources/instance/on-container/temporary/run.ts";
import type { EnginePorts } from "../converge.ts";
import type { Seen } from "../look.ts";

/** What a temporary server is made from. */
export interface Origin {
  /** The image of its container, for people; absent: programs of the machine, or from npm. */
  readonly told: Pick<Rehearsal, "image">;
  /** Why it is not of the environment's image, in words, where the environment's server is of one. */
  readonly insteadOf?: string;
  /** @param major for a server that is of no image */
  withServer<T>(
    major: number | undefined,
    signal: AbortSignal,
    run: (server: Pick<Endpoint, "host" | "port" | "admin">) => Promise<T>,
  ): Promise<T>;
}

/**
 * The image that the environment's server is of, as it is on the engine now: a rehearsal pulls and builds nothing. What
 * that has on it, extensions above all, programs of the machine may not have.
 */
export async function originOf(
  { desired: { resources }, observation }: Pick<Seen, "desired" | "observation">,
  ports: EnginePorts,
  signal: AbortSignal,
): Promise<Origin> {
  const [wanted] = resources.instance;
  const programs: Origin = {
    told: {},
    withServer: (major, ending, run) => ports.embedded.temporarily(major, ending, run),
  };
  if (wanted?.container === undefined) return programs;
  const { image: reference } = wanted.container;
  for (const id of imagesOf(observation.observed.instance?.[0])) {
    const image = await ports.containers.inspectImage(id, signal);
    if (image === undefined) continue;
    return { told: { image: calledOf(image, reference) }, withServer: ofImage(wanted, image, ports) };
  }
  return { ...programs, insteadOf: `image ${reference} is not here yet, and nothing is fetched for a rehearsal` };
}

const ofImage =
  (wanted: DesiredInstance, image: ImageDetails, ports: EnginePorts): Origin["withServer"] =>
  (_major, signal, run) =>
    onTemporaryContainer(wanted, image, ports, signal, run);

/** That of the container that serves, or is to be started again, before the one that the files ask for. */
const imagesOf = (observed: ObservedInstance | undefined): readonly string[] =>
  [observed?.container?.current?.imageId, observed?.container?.wantedImageId].filter((id) => id !== undefined);

/** As the files have it where it is that image; the name may have gone to another one since. */
const calledOf = ({ id, references }: ImageDetails, wanted: string): string =>
  references.some((one) => fullReference(one) === fullReference(wanted)) ? wanted : (references[0] ?? shortImageId(id));
