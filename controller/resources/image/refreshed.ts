import type { Ports } from "../../core/ports.ts";

/**
 * When this command pulled or built a reference. An engine does not always tell: Podman keeps no such time, and a pull
 * that brought nothing new leaves none. It is a fact of what we did and no observation, so it may outlive its pass. Kept by the
 * environment's state, which is one and the same object for a command: its engine is another one for each look.
 */
const done = new WeakMap<Ports["state"], Map<string, Date>>();

export const refreshedAt = ({ state }: Pick<Ports, "state">, reference: string): Date | undefined =>
  done.get(state)?.get(reference);

export function noteRefreshed({ state, clock }: Pick<Ports, "state" | "clock">, reference: string): void {
  const known = done.get(state) ?? new Map<string, Date>();
  known.set(reference, clock.date());
  done.set(state, known);
}
