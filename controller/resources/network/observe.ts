import { labelNames, observedMark, resourceIn } from "../../core/engine-labels.ts";
import { kindOf, type ResourceId } from "../../core/id.ts";
import { claimsAmong } from "../../core/ownership.ts";
import type { Ports } from "../../core/ports.ts";
import type { ContainerSummary, NetworkFacts } from "../../core/ports/container-facts.ts";
import { twinOf } from "../../core/twin.ts";
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
  const projects = new Map(desired.map(({ name, project }) => [name, project]));
  const found = networks.map(async (facts): Promise<readonly ObservedNetwork[]> => {
    const resource = resourceIn(facts.labels, mark);
    const isOurs = resource !== undefined && kindOf(resource) === "network";
    const project = projects.get(facts.name);
    if (!isOurs && project === undefined) return [];
    const config = facts.labels.get(labelNames.config);
    const twin = isOurs || project === undefined ? undefined : await twinOf(facts.labels, project, ports, signal);
    const members = containers.filter((one) => isOn(one, facts)).map((one) => memberOf(one, ours.get(one.id)));
    return [
      {
        facts,
        members,
        ...(isOurs ? { resource } : {}),
        ...(twin === undefined ? {} : { twin }),
        ...(config === undefined ? {} : { config }),
      },
    ];
  });
  return (await Promise.all(found)).flat();
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
