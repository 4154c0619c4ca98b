import type { ActualMount } from "../../core/ports/container-facts.ts";
import type { ContainerSpec } from "../../core/ports/container-spec.ts";
import type { Order } from "./model.ts";

/**
 * Whether an old and a new container of this kind may run beside each other for a while. Not where both would hold the
 * same thing: a port of the host, an address, or data that both write (two databases on one volume destroy it).
 *
 * @param inherits volumes without a name that the new one goes on with
 */
export function orderOf(spec: ContainerSpec, inherits: readonly ActualMount[]): Order {
  const { ports, network, namespaces = {} } = spec;
  const hasFixedPort = ports.some(({ hostPort }) => hostPort !== undefined && hostPort !== 0);
  const hasAddress =
    network.mode === "networks" &&
    [...network.attachments.values()].some(({ ipv4, ipv6, macAddress }) => ipv4 ?? ipv6 ?? macAddress);
  const sharesNetwork = network.mode === "host" || network.mode === "container";
  const sharesOthers = [namespaces.pid, namespaces.ipc].some((one) => one === "host" || one?.startsWith("container:"));
  const isExclusive = hasFixedPort || hasAddress || sharesNetwork || sharesOthers || writesData(spec, inherits);
  return isExclusive ? "stop-first" : "start-first";
}

/** Whether both would write the same data. No engine keeps them from it, as from having one port or address. */
export function writesData({ mounts, volumesFrom = [] }: ContainerSpec, inherits: readonly ActualMount[]): boolean {
  const writes = mounts.some(
    (mount) => (mount.type === "bind" || (mount.type === "volume" && mount.name !== undefined)) && !mount.readOnly,
  );
  return writes || volumesFrom.some((from) => !from.endsWith(":ro")) || inherits.length > 0;
}

/** Volumes without a name of their own that the image asked for, not the files: what is in them goes on (as Compose does). */
export function anonymousVolumes(mounts: readonly ActualMount[], spec: ContainerSpec): readonly ActualMount[] {
  const written = new Set(
    spec.mounts.filter((mount) => mount.type !== "volume" || mount.name !== undefined).map(({ target }) => target),
  );
  return mounts.filter(
    ({ type, name, target }) => type === "volume" && /^[0-9a-f]{64}$/.test(name ?? "") && !written.has(target),
  );
}
