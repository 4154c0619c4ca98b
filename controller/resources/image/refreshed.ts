import type { Ports } from "../../core/ports.ts";

/**
 * When this command pulled or built a reference. An engine does not always tell: Podman keeps no such time, and a pull
 * that brought nothing new leaves none. It is a fact of what we did and no observation, so it may outlive its pass. A command has
 * one clock; its state and its engine are other objects in each look.
 */
const done = new WeakMap<Ports["clock"], Map<string, Date>>();

const keyOf = ({ state }: Pick<Ports, "state">, reference: string): string => `${state.directory} ${reference}`;

export const refreshedAt = (ports: Pick<Ports, "state" | "clock">, reference: string): Date | undefined =>
  done.get(ports.clock)?.get(keyOf(ports, reference));

export function noteRefreshed(ports: Pick<Ports, "state" | "clock">, reference: string): void {
  const { clock } = ports;
  const known = done.get(clock) ?? new Map<string, Date>();
  known.set(keyOf(ports, reference), clock.date());
  done.set(clock, known);
}
