import { present } from "../../../compose/decode/fields.ts";
import type { ComposeProject } from "../../../compose/model.ts";
import type { ComposeServiceNetwork } from "../../../compose/part-models.ts";
import type { ComposeService } from "../../../compose/service-model.ts";
import type { ContainerNetwork, NetworkAttachment } from "../../../../core/ports/container-spec.ts";
import type { Peers } from "../peers.ts";

/**
 * The network of one container of a service: its own attachments, the highest `priority` first, then by name
 * (docker/compose, pkg/compose/create.go: defaultNetworkSettings); or another one's, by `network_mode`.
 */
export function networkOf(
  name: string,
  service: ComposeService,
  number: number,
  project: ComposeProject,
  peers: Peers,
): ContainerNetwork {
  const { network_mode: mode } = service;
  if (mode !== undefined && mode !== "") return modeOf(mode, service, peers);
  const networks = [...(service.networks ?? [])].sort(
    ([a, { priority: p = 0 }], [b, { priority: q = 0 }]) => q - p || (a < b ? -1 : 1),
  );
  const links = linksOf(service, number, project.name, peers);
  // Compose gives the container's own name as well (pkg/compose/create.go: getAliases).
  const names = [peers.of(name)[number - 1]?.name ?? name, name];
  const attachments = networks.map(([key, network], index): [string, NetworkAttachment] => [
    project.networks.get(key)?.name ?? key,
    attachmentOf(names, network, index === 0 ? service.mac_address : undefined, links),
  ]);
  return { mode: "networks", attachments: new Map(attachments) };
}

function modeOf(mode: string, service: ComposeService, peers: Peers): ContainerNetwork {
  if (mode === "none" || mode === "host") return { mode };
  if (mode === "default" || mode === "bridge") return { mode: "default" };
  if (mode.startsWith("service:")) {
    return { mode: "container", container: peers.first(mode.slice("service:".length)).name };
  }
  if (mode.startsWith("container:")) return { mode: "container", container: mode.slice("container:".length) };
  // Somebody else's network, by the engine's name for it; no alias comes with that.
  const attachment = attachmentOf([], {}, service.mac_address, []);
  return { mode: "networks", attachments: new Map([[mode, attachment]]) };
}

function attachmentOf(
  names: readonly string[],
  network: ComposeServiceNetwork,
  macAddress: string | undefined,
  links: readonly string[],
): NetworkAttachment {
  const { aliases = [], ipv4_address, ipv6_address, link_local_ips, mac_address, driver_opts, gw_priority } = network;
  return {
    aliases: [...new Set([...names, ...aliases])],
    ...present({
      ipv4: unlessEmpty(ipv4_address),
      ipv6: unlessEmpty(ipv6_address),
      linkLocalAddresses: link_local_ips?.length === 0 ? undefined : link_local_ips,
      macAddress: unlessEmpty(mac_address) ?? unlessEmpty(macAddress),
      gatewayPriority: gw_priority === 0 ? undefined : gw_priority,
      driverOptions: driver_opts?.size === 0 ? undefined : driver_opts,
      links: links.length === 0 ? undefined : links,
    }),
  };
}

/**
 * `SERVICE[:ALIAS]` for each container of that service, with the two other names that Compose makes of it, which count the
 * container that links and not the one linked to (docker/compose, pkg/compose/convergence.go: getLinks).
 */
export const linksOf = (
  { links = [] }: ComposeService,
  number: number,
  project: string,
  peers: Peers,
): readonly string[] =>
  links.flatMap((link) => {
    const [service = "", alias = service] = link.split(":");
    const aliases = [alias, `${service}-${number}`, `${project}-${service}-${number}`];
    return peers.of(service).flatMap(({ name }) => aliases.map((one) => `${name}:${one}`));
  });

const unlessEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);
