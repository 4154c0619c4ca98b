import type { Clock } from "../../controller/core/ports.ts";
import type { NetworkFacts, VolumeFacts } from "../../controller/core/ports/container-facts.ts";
import type { NetworkSpec, VolumeSpec } from "../../controller/core/ports/container-spec.ts";

// What the fake engine tells of networks and volumes that it was asked to make.

/** @param before how many there are: each has addresses of its own */
export const fakeNetwork = (
  id: string,
  name: string,
  spec: NetworkSpec,
  before: number,
  clock: Clock,
): NetworkFacts => ({
  id,
  name,
  labels: spec.labels,
  driver: spec.driver ?? "bridge",
  driverOptions: spec.driverOptions ?? new Map(),
  isInternal: spec.internal ?? false,
  isAttachable: spec.attachable ?? false,
  hasIpv6: spec.ipv6 ?? false,
  hasIpv4: spec.ipv4 ?? true,
  pools: spec.addresses?.pools ?? [{ subnet: `10.9.${before}.0/24` }],
  createdAt: clock.date(),
});

export const fakeVolume = (name: string, spec: VolumeSpec, clock: Clock): VolumeFacts => ({
  name,
  labels: spec.labels,
  driver: spec.driver ?? "local",
  driverOptions: spec.driverOptions ?? new Map(),
  mountpoint: `/volumes/${name}`,
  createdAt: clock.date(),
});
