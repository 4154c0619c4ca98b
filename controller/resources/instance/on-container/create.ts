import { labelNames, observedMark, resourceIn } from "../../../core/engine-labels.ts";
import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { ContainerServer, DesiredInstance } from "../model.ts";
import { filesFor } from "./files.ts";
import { layoutOf } from "./layout.ts";
import { specOf } from "./spec.ts";

/**
 * Makes the container under the name, with its files, and does not start it. Gives its id.
 *
 * @throws PoststackError `IMAGE_MISSING`, `NAME_TAKEN`, and what the engine says
 */
export async function create(
  desired: DesiredInstance,
  server: ContainerServer,
  name: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<string> {
  await checkVolume(desired, server, ports, signal);
  const image = await ports.containers.inspectImage(server.image, signal);
  if (image === undefined) {
    throw new PoststackError("IMAGE_MISSING", {
      what: `image ${server.image} of ${desired.id} is not here`,
      where: desired.place,
      next: "see whether the registry has it: apply again, or correct `image:` or `version:`",
    });
  }
  const spec = specOf(desired, server, image, ports);
  const id = await ports.containers.createContainer(name, spec, signal).then(
    (made) => made.id,
    (error: unknown) => madeBefore(desired, server, name, error, ports, signal),
  );
  // Only an environment that never had data may begin anew (RELIABILITY 21).
  const mayBegin = desired.knownIdentifier === undefined;
  const verifier = mayBegin ? ports.passwords.verifier(desired.endpoint.admin.password) : undefined;
  await ports.containers.putFiles(id, filesFor(desired.parameters, layoutOf(image.config).data, verifier), signal);
  return id;
}

/** An engine makes a missing volume by itself, without anybody's labels; and a name can be somebody else's (RELIABILITY 9). */
async function checkVolume(
  { id, place }: DesiredInstance,
  { volume }: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const found = (await ports.containers.volumes(signal)).find(({ name }) => name === volume);
  if (found !== undefined && resourceIn(found.labels, observedMark(ports)) !== undefined) return;
  throw new PoststackError(found === undefined ? "ENGINE_OBJECT_GONE" : "NAME_TAKEN", {
    what:
      found === undefined
        ? `volume "${volume}" of ${id} was just there, and is gone`
        : `volume "${volume}" is there already, and Poststack did not make it for this environment`,
    where: place,
    next: "see `poststack plan`",
  });
}

/** The name is taken: by what an earlier try made whose answer was lost, or by somebody else (RELIABILITY 12). */
async function madeBefore(
  { id: resource }: DesiredInstance,
  { config }: ContainerServer,
  name: string,
  error: unknown,
  ports: Ports,
  signal: AbortSignal,
): Promise<string> {
  if (!(error instanceof PoststackError) || error.code !== "NAME_TAKEN") throw error;
  const found = (await ports.containers.containers(signal)).find(({ names }) => names.includes(name));
  const isOurs = found !== undefined && resourceIn(found.labels, observedMark(ports)) === resource;
  if (!isOurs || found.labels.get(labelNames.config) !== config) throw error;
  return found.id;
}
