import type { Ports } from "../core/ports.ts";
import type { Desired } from "../resources/index.ts";
import type { Observation } from "./observe.ts";

/**
 * A server that somebody else runs has no action of ours that could remember which cluster it is, so that another one
 * behind the same address is noticed (RELIABILITY 21). Whoever is about to write to it remembers.
 */
export function rememberCluster(desired: Desired, { observed }: Observation, { state }: Pick<Ports, "state">): void {
  const [wanted] = desired.resources.instance;
  const [seen] = observed.instance ?? [];
  if (wanted?.provider !== "external" || wanted.knownIdentifier !== undefined) return;
  if (seen?.systemIdentifier !== undefined) state.recordSystemIdentifier(seen.systemIdentifier);
}
