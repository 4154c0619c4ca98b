import type { ContainerSpec } from "../../core/ports/container-spec.ts";
import type { DesiredNetwork } from "../../resources/network/model.ts";

/** Drivers whose networks have no addresses of the machine's own network; without one, an engine makes a bridge. */
const ownDrivers: ReadonlySet<string | undefined> = new Set([undefined, "bridge", "overlay"]);

/** Nobody but the environment is on it, and it is nowhere but in the engine. */
const isHome = ({ isExternal, spec }: DesiredNetwork): boolean => !isExternal && ownDrivers.has(spec.driver);

const hasWayOut = ({ spec }: DesiredNetwork): boolean => spec.internal !== true;

/**
 * The networks that the environment's server is on, its way out first: all that are the environment's own. One that others
 * are on too, or that reaches into the machine's own network, only for what is on no other: whoever is there could reach
 * the server in spite of its address on this machine.
 *
 * @param users how the environment's containers and jobs are attached
 * @param additional the network that is added where none of them has a way out: an engine publishes no port without one
 */
export function serverNetworks(
  networks: readonly DesiredNetwork[],
  users: readonly ContainerSpec["network"][],
  additional: () => DesiredNetwork,
): { readonly joined: readonly DesiredNetwork[]; readonly added: readonly DesiredNetwork[] } {
  const home = networks.filter(isHome);
  const added = home.some(hasWayOut) ? [] : [additional()];
  const homeNames = new Set(home.map(({ name }) => name));
  const needed = new Set(
    users.flatMap((user) => {
      const names = user.mode === "networks" ? [...user.attachments.keys()] : [];
      return names.some((name) => homeNames.has(name)) ? [] : names;
    }),
  );
  const shared = networks.filter((one) => !isHome(one) && needed.has(one.name));
  const [open, closed] = [home.filter(hasWayOut), home.filter((one) => !hasWayOut(one))];
  return { joined: [...open, ...added, ...closed, ...shared], added };
}
