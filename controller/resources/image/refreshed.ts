import type { ContainerEngine } from "../../core/ports/containers.ts";

/**
 * When this command pulled or built a reference. An engine does not always tell: Podman keeps no such time, and a pull
 * that brought nothing new leaves none. It is a fact of what we did and no observation, so it may outlive its pass.
 */
const done = new WeakMap<ContainerEngine, Map<string, Date>>();

export const refreshedAt = (engine: ContainerEngine, reference: string): Date | undefined =>
  done.get(engine)?.get(reference);

export function noteRefreshed(engine: ContainerEngine, reference: string, at: Date): void {
  const known = done.get(engine) ?? new Map<string, Date>();
  known.set(reference, at);
  done.set(engine, known);
}
