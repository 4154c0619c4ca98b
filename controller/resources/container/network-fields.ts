import type { ContainerNetwork, NetworkAttachment } from "../../core/ports/container-spec.ts";

// How a plan speaks of the networks that a container is on.

/**
 * What a container is on, one field for each thing that a person would name.
 *
 * @param other what it is compared with: of a network that only one of them has no more is said than that
 */
export function networkFields(network: ContainerNetwork, other: ContainerNetwork): ReadonlyMap<string, string> {
  switch (network.mode) {
    case "networks":
      return new Map(
        [...network.attachments].flatMap(([name, attachment]) => [
          [connectedField(name), "connected"] as const,
          ...(isOn(other, name) ? attachmentFields(name, attachment) : []),
        ]),
      );
    case "container":
      return new Map([["network_mode", `container:${network.container}`]]);
    case "none":
      return new Map();
    default:
      return new Map([["network_mode", network.mode === "default" ? "bridge" : network.mode]]);
  }
}

const isOn = (network: ContainerNetwork, name: string): boolean =>
  network.mode === "networks" && network.attachments.has(name);

export const connectedField = (name: string): string => `network ${name}`;
export const aliasesField = (name: string): string => `aliases on ${name}`;
export const addressField = (name: string): string => `ipv4_address on ${name}`;

export const aliasesText = (aliases: Iterable<string>): string => [...new Set(aliases)].sort().join(", ");

/** Without the hardware address: engines show the one that they chose where they keep one that was asked for. */
function attachmentFields(
  name: string,
  { aliases, ipv4, ipv6, linkLocalAddresses, gatewayPriority, driverOptions, links }: NetworkAttachment,
): readonly (readonly [string, string])[] {
  const fields: readonly (readonly [string, string | undefined])[] = [
    [aliasesField(name), aliasesText(aliases)],
    [addressField(name), ipv4],
    [`ipv6_address on ${name}`, ipv6],
    [`link_local_ips on ${name}`, linkLocalAddresses?.toSorted().join(", ")],
    [`gw_priority on ${name}`, gatewayPriority === undefined ? undefined : String(gatewayPriority)],
    [`links on ${name}`, links?.toSorted().join(", ")],
    ...[...(driverOptions ?? [])].map(([option, value]) => [`${option} on ${name}`, value] as const),
  ];
  return fields.flatMap(([field, value]) => (value === undefined || value === "" ? [] : [[field, value] as const]));
}
