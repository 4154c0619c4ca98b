import { composeContainerLabels, labelNames, observedMark, ownLabels, resourceIn } from "../../core/engine-labels.ts";
import { nameOf } from "../../core/id.ts";
import { fromFacts, PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { ActualMount } from "../../core/ports/container-facts.ts";
import type { ContainerSpec } from "../../core/ports/container-spec.ts";
import { configLabels } from "./config.ts";
import type { DesiredContainer, Need, Own } from "./model.ts";
import { nameTaken } from "./refusals.ts";

/**
 * Makes it under the name, with what it needs inside, and does not start it.
 *
 * @param inherits volumes of the one before it
 */
export async function create(
  desired: DesiredContainer,
  name: string,
  inherits: readonly ActualMount[],
  ports: Ports,
  signal: AbortSignal,
): Promise<Own> {
  // For Compose's own tools, which compare with it. Nothing of ours does: it may be another one a moment later.
  const image = await ports.containers.inspectImage(desired.spec.image, signal);
  const spec = specOf(desired, image?.id, inherits, ports);
  try {
    const { id, warnings } = await ports.containers.createContainer(name, spec, signal);
    for (const warning of warnings) ports.log.warn({ resource: desired.id, warning }, "the engine's word");
    return { id, name, isUp: false, restart: desired.spec.restart ?? { name: "no" } };
  } catch (error) {
    if (!(error instanceof PoststackError) || error.code !== "NAME_TAKEN") throw error;
    return madeBefore(desired, name, error, ports, signal);
  }
}

/** The name is taken: by what an earlier try made whose answer was lost, or by somebody else (RELIABILITY 12). */
async function madeBefore(
  desired: DesiredContainer,
  name: string,
  error: PoststackError,
  ports: Ports,
  signal: AbortSignal,
): Promise<Own> {
  const found = (await ports.containers.containers(signal)).find(({ names }) => names.includes(name));
  // It is no container that has it, which the engine has told, with the way out.
  if (found === undefined) throw error;
  const { labels, state, id } = found;
  const resource = resourceIn(labels, observedMark(ports));
  if (resource === undefined) throw fromFacts(nameTaken(desired, found));
  // Ours, and not this one: the next pass sees it, and takes it out of the way.
  if (resource !== desired.id || labels.get(labelNames.config) !== desired.config.fixed) {
    const what = `container "${name}" is of another pass`;
    throw new PoststackError("ENGINE_BUSY", { what, next: "apply again" }, { cause: error });
  }
  return { id, name, isUp: state === "running", restart: desired.spec.restart ?? { name: "no" } };
}

function specOf(
  desired: DesiredContainer,
  imageId: string | undefined,
  inherits: readonly ActualMount[],
  ports: Ports,
): ContainerSpec {
  const { id, name, spec, config, service, number, needs, project } = desired;
  const inherited = new Set(inherits.map(({ target }) => target));
  const compose = composeContainerLabels(project, {
    service,
    number,
    configHash: config.fixed,
    dependsOn: [...new Set(needs.map(dependency))],
    ...(imageId === undefined ? {} : { imageId }),
  });
  return {
    ...spec,
    labels: new Map([
      ...spec.labels,
      ...compose,
      ...configLabels(config),
      ...ownLabels({ id, config: config.fixed, project, container: name }, ports),
    ]),
    mounts: [
      ...spec.mounts.filter(({ target }) => !inherited.has(target)),
      ...inherits.map(({ name, target, isReadOnly }) => {
        const volume = { type: "volume", target, readOnly: isReadOnly } as const;
        return name === undefined ? volume : { ...volume, name };
      }),
    ],
  };
}

/** As Compose writes it: `db:service_healthy:true`. */
function dependency({ id, condition, restart }: Need): string {
  const words = { started: "service_started", healthy: "service_healthy", completed: "service_completed_successfully" };
  return `${nameOf(id).replace(/\.\d+$/, "")}:${words[condition]}:${String(restart)}`;
}
