import { composeContainerLabels, labelNames, ownLabels } from "../../../core/engine-labels.ts";
import { PoststackError } from "../../../core/errors.ts";
import type { ResourceId } from "../../../core/id.ts";
import { claimsAmong } from "../../../core/ownership.ts";
import type { Place } from "../../../core/place.ts";
import type { Ports } from "../../../core/ports.ts";
import type { ContainerSummary } from "../../../core/ports/container-facts.ts";
import type { JobContainer } from "../model.ts";

/** A wish that becomes a container while a step runs. */
export interface Making {
  readonly id: ResourceId;
  readonly place: Place;
  readonly container: JobContainer;
}

/** What is there of it, under whatever name: left by a command that was killed, or by a lost answer. */
export async function ownContainers(
  id: ResourceId,
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ContainerSummary[]> {
  return ownAmong(await ports.containers.containers(signal), id, ports, signal);
}

async function ownAmong(
  all: readonly ContainerSummary[],
  id: ResourceId,
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ContainerSummary[]> {
  const claims = await claimsAmong(all, ports, signal);
  return claims.filter(({ resource }) => resource === id).map(({ summary }) => summary);
}

/** Its signal, its grace, SIGKILL; then it is taken away with what only it used. Gone already is success. */
export async function removeContainer(id: string, ports: Ports, signal: AbortSignal): Promise<void> {
  await ports.containers.stopContainer(id, {}, signal);
  await ports.containers.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
}

/**
 * Makes it, with its files, and starts it. Gives its id; one that cannot be started is taken away again.
 *
 * @throws PoststackError `IMAGE_MISSING`, `NAME_TAKEN`, `PORT_TAKEN`, `COMMAND_MISSING`, and what the engine says
 */
export async function startContainer(making: Making, ports: Ports, signal: AbortSignal): Promise<string> {
  const { container } = making;
  const id = await create(making, ports, signal);
  try {
    if (container.files.length > 0) await ports.containers.putFiles(id, container.files, signal);
    await ports.containers.startContainer(id, signal);
    return id;
  } catch (error) {
    // What may have happened is looked at by the next pass (RELIABILITY 13).
    if (error instanceof PoststackError && error.errorClass === "terminal") await removeContainer(id, ports, signal);
    throw error;
  }
}

async function create(making: Making, ports: Ports, signal: AbortSignal): Promise<string> {
  const { id: resource, container } = making;
  const { name, spec, service, config, project } = container;
  const compose = { service, number: 1, configHash: config, isOneOff: true, dependsOn: [] };
  const labels = new Map([
    ...spec.labels,
    ...composeContainerLabels(project, compose),
    ...ownLabels({ id: resource, config, project, container: name }, ports),
  ]);
  try {
    const { id, warnings } = await ports.containers.createContainer(name, { ...spec, labels }, signal);
    for (const warning of warnings) ports.log.warn({ resource, warning }, "the engine's word");
    return id;
  } catch (error) {
    if (!(error instanceof PoststackError) || error.code !== "NAME_TAKEN") throw error;
    return madeBefore(making, error, ports, signal);
  }
}

/** The name is taken: by what an earlier try made whose answer was lost, or by somebody else (RELIABILITY 12). */
async function madeBefore(
  { id, place, container: { name, config } }: Making,
  error: PoststackError,
  ports: Ports,
  signal: AbortSignal,
): Promise<string> {
  const namesakes = (await ports.containers.containers(signal)).filter(({ names }) => names.includes(name));
  const [found] = await ownAmong(namesakes, id, ports, signal);
  if (found?.labels.get(labelNames.config) === config && found.state === "created") return found.id;
  // It is no container that has it, which the engine has told, with the way out.
  if (namesakes.length === 0) throw error;
  if (found !== undefined) {
    const what = `container "${name}" is of another pass`;
    throw new PoststackError("ENGINE_BUSY", { what, next: "apply again" }, { cause: error });
  }
  throw new PoststackError(
    "NAME_TAKEN",
    {
      what: `a container "${name}" is there already, and Poststack did not make it for this environment`,
      where: place,
      next: `remove the one that is there (docker rm --force ${name}), or give the step another \`name:\``,
    },
    { cause: error },
  );
}
