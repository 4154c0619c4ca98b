import { labelNames } from "../../../core/engine-labels.ts";
import { bareId } from "../../../core/image-reference.ts";
import type { Ports } from "../../../core/ports.ts";
import { done, type Result } from "../../../core/resource.ts";
import { logFileOf } from "../log-file.ts";
import type { DesiredHelper } from "../model.ts";
import { ownContainers, removeContainer, startContainer } from "./container.ts";
import { saveLog } from "./log.ts";

/** Starts it; one that runs already and is the same is as good. Whether it is healthy is waited for by who needs it. */
export async function startHelper(helper: DesiredHelper, ports: Ports, signal: AbortSignal): Promise<Result> {
  const { id: resource, container } = helper;
  const image = await ports.containers.inspectImage(container.spec.image, signal);
  const found = await ownContainers(resource, ports, signal);
  const same = found.find(
    ({ labels, imageId, state, names }) =>
      state === "running" &&
      names.includes(container.name) &&
      labels.get(labelNames.config) === container.config &&
      bareId(imageId) === bareId(image?.id ?? ""),
  );
  for (const one of found) if (one !== same) await removeContainer(one.id, ports, signal);
  if (same !== undefined) return { note: "runs already" };
  await startContainer(helper, ports, signal);
  return done;
}

/** Ends it and takes it away; what it said is kept. */
export async function endHelper({ id, name }: DesiredHelper, ports: Ports, signal: AbortSignal): Promise<Result> {
  const found = await ownContainers(id, ports, signal);
  if (found.length === 0) return done;
  const logFile = logFileOf(name, ports.clock.date(), ports);
  for (const one of found) {
    await ports.containers.stopContainer(one.id, {}, signal);
    await saveLog(one.id, logFile, 0, ports, signal);
    await removeContainer(one.id, ports, signal);
  }
  return { logFile };
}
