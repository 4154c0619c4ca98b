import type { Drift } from "../../../core/drift.ts";
import type { ContainerServer, ObservedInstance, OwnContainer, Repairs } from "../model.ts";
import { serverRestart } from "./spec.ts";

/** What of a container that stays has to be put right. */
export function repairsOf(
  { name, networks, alias }: ContainerServer,
  { error }: ObservedInstance,
  current: OwnContainer,
  next: OwnContainer | undefined,
): Repairs {
  return {
    id: current.id,
    rename: current.name !== name,
    unpause: current.state === "paused",
    connect: networks.filter((one) => !current.networks.includes(one)),
    disconnect: current.networks.filter((one) => !networks.includes(one)),
    reconnect: networks.filter((one) => current.inspected?.aliases.get(one)?.includes(alias) === false),
    restart: current.inspected?.restart !== undefined && current.inspected.restart.name !== serverRestart.name,
    leftovers: next === undefined ? [] : [next],
    password: error?.code === "POSTGRES_LOGIN",
  };
}

/** The same as a plan tells it. */
export const repairDrift = (
  { name, alias }: ContainerServer,
  current: OwnContainer,
  repairs: Repairs,
): readonly Drift[] => [
  ...(repairs.rename ? [{ field: "name", from: current.name, to: name }] : []),
  ...(repairs.unpause ? [{ field: "state", from: "paused", to: "running" }] : []),
  ...repairs.connect.map((network) => ({ field: `network ${network}`, from: "disconnected", to: "connected" })),
  ...repairs.disconnect.map((network) => ({ field: `network ${network}`, from: "connected", to: "disconnected" })),
  ...repairs.reconnect.map((network) => ({
    field: `aliases on ${network}`,
    from: current.inspected?.aliases.get(network)?.join(", ") || "none",
    to: alias,
  })),
  ...(repairs.restart
    ? [{ field: "restart", from: current.inspected?.restart?.name ?? "no", to: serverRestart.name }]
    : []),
  ...repairs.leftovers.map((one) => ({ field: one.name, from: "left by a replacement", to: "none" })),
  ...(repairs.password ? [{ field: "password of the superuser", from: "", to: "" }] : []),
];
