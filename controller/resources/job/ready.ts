import { whenMet } from "../../core/container-needs.ts";
import type { Ports } from "../../core/ports.ts";
import type { JobAction } from "./model.ts";

/** Waits until the helpers that a job, or another helper, needs are healthy. @throws PoststackError as {@link whenMet} does */
export function ready(action: JobAction, ports: Ports, signal: AbortSignal): Promise<void> | undefined {
  const { desired } = action;
  if (action.verb === "end" || !("helpers" in desired)) return undefined;
  const needs = desired.helpers.map(({ helper: { id, container }, condition, required }) => {
    return { id, name: container.name, condition, required };
  });
  const limitMs = Math.max(...desired.helpers.map(({ helper }) => helper.limitMs));
  return whenMet(needs, { id: desired.id, place: desired.place, limitMs }, ports, signal);
}
