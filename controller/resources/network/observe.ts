import { labelNames, observedMark, resourceIn } from "../../core/engine-labels.ts";
import { kindOf, type ResourceId } from "../../core/id.ts";
import { claimsAmong } from "../../core/ownership.ts";
import type { Ports } from "../../core/ports.ts";
import type { ContainerSummary, NetworkFacts } from "../../core/ports/container-facts.ts";
import type { DesiredNetwork, Member, ObservedNetwork } from "./model.ts";

/** Every network of ours, and every other one whose name the files want. */
export async function observe(
  desired: readonly DesiredNetwork[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedNetwork[]> {
  const mark = observedMark(ports);
  const [networks, containers] = await Promise.all([
    ports.containers.networks(signal),
    ports.containers.containers(signal),
  ]);
  const claims = await claimsAmong(containers, ports, signal);
  const ours = new Map(claims.map(({ resource, summary }) => [summary.id, resource]));
  const names = new Set(desired.map(({ name }) => name));
  return networks.flatMap((facts) => {
    const resource = resourceIn(facts.labels, mark);
    const isOurs = resource !== undefined && kindOf(resource) === "network";
    if (!isOurs && !names.has(facts.name)) return [];
    const config = facts.labels.get(labelNames.config);
    const members = containers.filter((one) => isOn(one, facts)).map((one) => memberOf(one, ours.get(one.id)));
    return [{ facts, members, ...(isOurs ? { resource } : {}), ...(config === undefined ? {} : { config }) }];
  });
}

/** Podman's list has no ids of networks; there a name is one network. */
function isOn({ networks }: ContainerSummary, { id, name }: NetworkFacts): boolean {
  const connected = networks.get(name);
  return connected !== undefined && (connected.id === undefined || connected.id === "" || connected.id === id);
}

function memberOf({ id, names }: ContainerSummary, resource: ResourceId | undefined): Member {
  const member = { id, name: names[0] ?? id.slice(0, 12), isOurs: resource !== undefined };
  return resource !== undefined && kindOf(resource) === "instance" ? { ...member, isServer: true } : member;
}
