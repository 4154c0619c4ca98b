import { driftOf, type Drift } from "../../core/drift.ts";
import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import type { InPlaceChange } from "../../core/ports/containers.ts";
import { limitsLabel } from "./config.ts";
import { limitsChange, type LimitsChange } from "./limits.ts";
import type { DesiredContainer, ObservedContainer, Repair } from "./model.ts";

/** What can be put right without making it anew, and how the plan says it. */
export interface Repairs {
  readonly repairs: readonly Repair[];
  readonly drift: readonly Drift[];
  /** The part of it that is about limits. */
  readonly limits: readonly Drift[];
  /** Only a new container gets these limits. */
  readonly needsReplacing: boolean;
}

export function repairsOf(desired: DesiredContainer, observed: ObservedContainer): Repairs {
  const { summary } = observed;
  const limits = limitsOf(desired, observed);
  const networks = networkRepairs(desired, summary);
  const isRenamed = !summary.names.includes(desired.name);
  const repairs: Repair[] = [
    ...(summary.state === "paused" ? [{ type: "unpause" } as const] : []),
    ...(isRenamed ? [{ type: "rename" } as const] : []),
    ...networks.repairs,
    ...(limits.change === undefined || limits.drift.length === 0
      ? []
      : [{ type: "limits", change: limits.change } as const]),
  ];
  const drift = [
    ...(summary.state === "paused" ? [{ field: "state", from: "paused", to: "running" }] : []),
    ...(isRenamed ? [{ field: "name", from: summary.names[0] ?? "none", to: desired.name }] : []),
    ...networks.drift,
    ...limits.drift,
  ];
  return { repairs, drift, limits: limits.drift, needsReplacing: limits.change === undefined };
}

const noChange: InPlaceChange = {};

function limitsOf({ spec }: DesiredContainer, { details, summary, changesInPlace }: ObservedContainer): LimitsChange {
  if (details === undefined || changesInPlace === undefined) return { drift: [], change: noChange };
  return limitsChange(spec, details.spec, summary.labels.get(limitsLabel) ?? "", changesInPlace);
}

/** While one does not run, not every engine tells which networks it is on. */
function networkRepairs(
  { spec: { network } }: DesiredContainer,
  { networks, state }: ContainerSummary,
): Pick<Repairs, "repairs" | "drift"> {
  if (network.mode !== "networks" || !["running", "paused"].includes(state)) return { repairs: [], drift: [] };
  const missing = [...network.attachments].filter(([name]) => !networks.has(name));
  const surplus = [...networks.keys()].filter((name) => !network.attachments.has(name)).sort();
  const connected = (names: Iterable<string>): ReadonlyMap<string, string> =>
    new Map([...names].map((name) => [`network ${name}`, "connected"]));
  return {
    repairs: [
      ...missing.map(([name, attachment]) => ({ type: "connect", network: name, attachment }) as const),
      ...surplus.map((name) => ({ type: "disconnect", network: name }) as const),
    ],
    drift: driftOf(connected(network.attachments.keys()), connected(networks.keys())),
  };
}
