import type { ContainerNetwork, NetworkAttachment } from "../../core/ports/container-spec.ts";
import { number, object, present, someText, someTextMap, someTexts, texts, type Json } from "./answer.ts";

/** What a container is made with: `NetworkMode`, and the settings of each of its networks. */
export function networkMode(network: ContainerNetwork): string {
  switch (network.mode) {
    case "container":
      return `container:${network.container}`;
    case "networks":
      return [...network.attachments.keys()][0] ?? "none";
    case "default":
      // By itself, Podman without root takes another one (podman-run, --network: slirp4netns or pasta).
      return "bridge";
    default:
      return network.mode;
  }
}

/** One network's `EndpointSettings`. */
export function writeAttachment(attachment: NetworkAttachment): Json {
  const { aliases, ipv4, ipv6, linkLocalAddresses, macAddress, gatewayPriority, driverOptions, links } = attachment;
  const addresses = present({ IPv4Address: ipv4, IPv6Address: ipv6, LinkLocalIPs: linkLocalAddresses });
  return present({
    Aliases: aliases,
    IPAMConfig: Object.keys(addresses).length === 0 ? undefined : addresses,
    MacAddress: macAddress,
    GwPriority: gatewayPriority,
    DriverOpts: driverOptions === undefined ? undefined : Object.fromEntries(driverOptions),
    Links: links,
  });
}

/**
 * What is not the engine's own of an inspected `EndpointSettings`. The hardware address is not in it: engines show the one
 * that they chose in the same place.
 *
 * @param own names that the engine adds to the aliases itself: its short id and its hostname
 */
export function readAttachment(json: unknown, own: ReadonlySet<string>): NetworkAttachment {
  const endpoint = object(json);
  const addresses = object(endpoint["IPAMConfig"]);
  const priority = number(endpoint["GwPriority"]);
  return present({
    aliases: texts(endpoint["Aliases"]).filter((alias) => !own.has(alias)),
    ipv4: someText(addresses["IPv4Address"]),
    ipv6: someText(addresses["IPv6Address"]),
    linkLocalAddresses: someTexts(addresses["LinkLocalIPs"]),
    gatewayPriority: priority === 0 ? undefined : priority,
    driverOptions: someTextMap(endpoint["DriverOpts"]),
    links: someTexts(endpoint["Links"]),
  });
}

/**
 * @param mode `HostConfig.NetworkMode`
 * @param networks `NetworkSettings.Networks`
 */
export function readNetwork(mode: string, networks: Json, own: ReadonlySet<string>): ContainerNetwork {
  if (mode === "host" || mode === "none") return { mode };
  if (mode === "default" || mode === "bridge") {
    const names = Object.keys(networks);
    // Podman's own bridge has another name.
    if (names.every((name) => name === "bridge" || name === "podman")) return { mode: "default" };
  }
  if (mode.startsWith("container:")) return { mode: "container", container: mode.slice("container:".length) };
  const names = Object.keys(networks).sort((a, b) => Number(b === mode) - Number(a === mode) || (a < b ? -1 : 1));
  return { mode: "networks", attachments: new Map(names.map((name) => [name, readAttachment(networks[name], own)])) };
}
