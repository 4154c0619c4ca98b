import { canonicalText } from "../../../core/canonical.ts";
import { resourceId } from "../../../core/id.ts";
import type { AddressPool, NetworkSpec } from "../../../core/ports/container-spec.ts";
import type { DesiredNetwork } from "../../../resources/network/model.ts";
import { present } from "../../compose/decode/fields.ts";
import type { ComposeNetwork } from "../../compose/model.ts";
import type { ComposeWishes } from "./wishes.ts";

export const networkId = (key: string) => resourceId("network", key);

/** The networks that a service is on. */
export const desiredNetworks = (wishes: ComposeWishes): readonly DesiredNetwork[] =>
  [...wishes.loaded.project.networks].map(([key, network]): DesiredNetwork => {
    const { identity, to, engineProject, loaded } = wishes;
    const spec = networkSpec(network);
    return {
      id: networkId(key),
      name: network.name,
      key,
      // A stopped environment keeps its networks, as `docker compose stop` does.
      to: to === "absent" || to === "as-is" ? to : "present",
      isExternal: network.external === true,
      spec,
      config: identity.hash(canonicalText(spec)),
      project: engineProject,
      dependsOn: [],
      place: loaded.placeOf(["networks", key]),
    };
  });

function networkSpec(network: ComposeNetwork): NetworkSpec {
  const { driver, driver_opts, internal, attachable, enable_ipv4, enable_ipv6, ipam, labels = new Map() } = network;
  const pools = (ipam?.config ?? []).map(({ subnet, gateway, ip_range, aux_addresses }): AddressPool =>
    present({ subnet, gateway, range: ip_range, reserved: aux_addresses }),
  );
  const addresses = present({ driver: ipam?.driver, options: ipam?.options });
  const isAsked = pools.length > 0 || Object.keys(addresses).length > 0;
  return {
    labels,
    ...present({
      driver: driver === "" ? undefined : driver,
      driverOptions: driver_opts?.size === 0 ? undefined : driver_opts,
      internal: internal === true ? true : undefined,
      attachable: attachable === true ? true : undefined,
      ipv4: enable_ipv4,
      ipv6: enable_ipv6,
      addresses: isAsked ? { ...addresses, pools } : undefined,
    }),
  };
}
