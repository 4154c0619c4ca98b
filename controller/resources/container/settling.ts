import type { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Settling } from "../../core/resource.ts";
import { judge } from "./accept.ts";
import { isContainer } from "./machine.ts";
import type { DesiredContainer, ObservedContainer, ObservedMachine } from "./model.ts";
import { byResource, isAsWanted, partsOf } from "./parts.ts";
import { unhealthy } from "./wait.ts";

/**
 * What runs as the files ask for and is not accepted yet, or has failed (RELIABILITY 15). What differs from the files is
 * drift, which the next plan sees to.
 */
export function settling(
  desired: readonly DesiredContainer[],
  found: readonly (ObservedContainer | ObservedMachine)[],
): readonly Settling[] {
  const seen = byResource(found.filter(isContainer));
  return desired.flatMap((one): readonly Settling[] => {
    if (one.to !== "running") return [];
    const { current } = partsOf(one, seen.get(one.id) ?? []);
    if (current === undefined || !isAsWanted(one, current)) return [];
    const verdict = judge(one, current.summary);
    return verdict.type === "accepted" ? [] : [{ id: one.id, hasFailed: verdict.type === "failed", why: verdict.why }];
  });
}

/** The error for one of them, with what its check and its log said last. */
export async function unsettled(
  { id, hasFailed, why }: Settling,
  desired: readonly DesiredContainer[],
  ports: Ports,
  signal: AbortSignal,
): Promise<PoststackError | undefined> {
  const one = desired.find((other) => other.id === id);
  if (one === undefined) return undefined;
  const details = await ports.containers.inspectContainer(one.name, signal);
  return unhealthy(
    one,
    details?.id ?? one.name,
    { type: hasFailed ? "failed" : "waiting", why },
    details,
    ports,
    signal,
  );
}
