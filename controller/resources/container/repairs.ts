import { driftOf, type Drift } from "../../core/drift.ts";
import type { ConnectedNetwork } from "../../core/ports/container-facts.ts";
import type { NetworkAttachment } from "../../core/ports/container-spec.ts";
import type { InPlaceChange } from "../../core/ports/containers.ts";
import { limitsLabel } from "./config.ts";
import { limitsChange, type LimitsChange } from "./limits.ts";
import type { DesiredContainer, ObservedContainer, Repair } from "./model.ts";
import { addressField, aliasesField, aliasesText, connectedField } from "./network-fields.ts";

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
  const networks = networkRepairs(desired, observed);
  const isRenamed = !summary.names.includes(desired.name);
  const repairs: Repair[] = [
    ...(summary.state === "paused" ? [{ type: "unpause" } as const] : []),
    ...(limits.change === undefined || limits.drift.length === 0
      ? []
      : [{ type: "limits", change: limits.change } as const]),
    // One that was put aside without its restart policy is known by its name only.
    ...(isRenamed ? [{ type: "rename" } as const] : []),
    ...networks.repairs,
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
  { summary: { networks, state }, details }: ObservedContainer,
): Pick<Repairs, "repairs" | "drift"> {
  if (network.mode !== "networks" || !["running", "paused"].includes(state)) return { repairs: [], drift: [] };
  const { attachments } = network;
  const missing = [...attachments].filter(([name]) => !networks.has(name));
  const surplus = [...networks.keys()].filter((name) => !attachments.has(name)).sort();
  const connected = (names: Iterable<string>): ReadonlyMap<string, string> =>
    new Map([...names].map((name) => [connectedField(name), "connected"]));
  const otherwise = [...attachments].flatMap(([name, attachment]) => {
    const seen = networks.get(name);
    const drift = seen === undefined ? [] : attachmentDrift(name, attachment, seen, details?.attachments.get(name));
    return drift.length === 0 ? [] : [{ name, attachment, drift }];
  });
  return {
    repairs: [
      ...missing.map(([name, attachment]) => ({ type: "connect", network: name, attachment }) as const),
      ...surplus.map((name) => ({ type: "disconnect", network: name }) as const),
      ...otherwise.flatMap(({ name, attachment }): Repair[] => [
        { type: "disconnect", network: name },
        { type: "connect", network: name, attachment },
      ]),
    ],
    drift: [
      ...driftOf(connected(attachments.keys()), connected(networks.keys())),
      ...otherwise.flatMap(({ drift }) => drift),
    ],
  };
}

/**
 * Somebody took it off the network and put it back otherwise. The address stands in every list; aliases stand in Podman's
 * only, and where it was inspected. More aliases than asked for are no drift: engines add names of their own.
 */
function attachmentDrift(
  name: string,
  { aliases, ipv4 }: NetworkAttachment,
  listed: ConnectedNetwork,
  inspected: NetworkAttachment | undefined,
): readonly Drift[] {
  const known = inspected?.aliases ?? (listed.aliases.length === 0 ? undefined : listed.aliases);
  const isNamed = known === undefined || aliases.every((alias) => known.includes(alias));
  const isPlaced = ipv4 === undefined || listed.address === undefined || listed.address === ipv4;
  return [
    ...(isNamed ? [] : [{ field: aliasesField(name), from: aliasesText(known) || "none", to: aliasesText(aliases) }]),
    ...(isPlaced ? [] : [{ field: addressField(name), from: listed.address, to: ipv4 }]),
  ];
}
