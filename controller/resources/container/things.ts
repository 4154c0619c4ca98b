import type { PublishedPort } from "../../core/ports/container-spec.ts";
import { unreachable } from "../../core/unreachable.ts";
import { portsOverlap } from "./host-ports.ts";
import type { DesiredContainer, ObservedContainer } from "./model.ts";
import { isRetired, isUp, restartOf } from "./parts.ts";

/** What one container can have and not two, unless the files give it to both. */
export type Thing =
  | { readonly type: "name"; readonly name: string }
  | { readonly type: "port"; readonly port: PublishedPort }
  | { readonly type: "address"; readonly network: string; readonly address: string }
  | { readonly type: "host network" }
  /** Written to. */
  | { readonly type: "volume"; readonly name: string }
  | { readonly type: "folder"; readonly path: string };

/** What a container that runs as the files ask for has. */
export function thingsOf({ name, spec: { ports, network, mounts } }: DesiredContainer): readonly Thing[] {
  const attachments = network.mode === "networks" ? [...network.attachments] : [];
  return [
    { type: "name", name },
    ...ports.map((port) => ({ type: "port", port }) as const),
    ...attachments.flatMap(([on, { ipv4, ipv6, macAddress }]) => addresses(on, ipv4, ipv6, macAddress)),
    ...(network.mode === "host" ? [{ type: "host network" } as const] : []),
    ...mounts.flatMap((mount): Thing[] => {
      if (mount.type === "bind" && !mount.readOnly) return [{ type: "folder", path: mount.source }];
      if (mount.type !== "volume" || mount.readOnly || mount.name === undefined) return [];
      return [{ type: "volume", name: mount.name }];
    }),
  ];
}

/** What a container has now. Data also where it does not run and its engine may start it again. */
export function thingsHeld(observed: ObservedContainer): readonly Thing[] {
  const { summary, details } = observed;
  const names = summary.names.map((name) => ({ type: "name", name }) as const);
  const written = (details?.mounts ?? summary.mounts).filter(({ isReadOnly }) => !isReadOnly);
  const data = written.flatMap(({ type, name, source }): Thing[] => {
    if (type === "bind") return [{ type: "folder", path: source }];
    return type === "volume" && name !== undefined ? [{ type: "volume", name }] : [];
  });
  if (!isUp(observed)) {
    return restartOf(observed).name === "no" || isRetired(summary) ? names : [...names, ...data];
  }
  const isOnHost = summary.networks.has("host") || details?.spec.network.mode === "host";
  const attachments = [...(details?.attachments ?? [])];
  return [
    ...names,
    ...summary.ports.map((port) => ({ type: "port", port }) as const),
    ...[...summary.networks].flatMap(([on, { address, macAddress }]) => addresses(on, address, macAddress)),
    ...attachments.flatMap(([on, { ipv4, ipv6 }]) => addresses(on, ipv4, ipv6)),
    ...(isOnHost ? [{ type: "host network" } as const] : []),
    ...data,
  ];
}

const addresses = (network: string, ...all: readonly (string | undefined)[]): readonly Thing[] =>
  all.flatMap((address) =>
    address === undefined ? [] : [{ type: "address", network, address: address.toLowerCase() } as const],
  );

/** Whether two containers cannot have these at the same time. */
export function excludes(one: Thing, other: Thing): boolean {
  switch (one.type) {
    case "name":
      return other.type === "name" && one.name === other.name;
    case "port":
      return other.type === "port" && portsOverlap(one.port, other.port);
    case "address":
      return other.type === "address" && one.network === other.network && one.address === other.address;
    // Nobody but its program knows which ports it listens on.
    case "host network":
      return other.type === "host network";
    case "volume":
      return other.type === "volume" && one.name === other.name;
    case "folder":
      return other.type === "folder" && (isInside(one.path, other.path) || isInside(other.path, one.path));
    default:
      return unreachable(one);
  }
}

const isInside = (inner: string, outer: string): boolean =>
  inner === outer || inner.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
