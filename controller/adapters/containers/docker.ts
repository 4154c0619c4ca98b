import type { EngineFacts } from "../../core/ports/container-facts.ts";
import { versionNumber, type Dialect } from "./dialect.ts";

/** Docker is what the API is described by: nothing has to be adapted. */
export const dockerDialect = (apiVersion: string): Dialect => ({
  engine: "docker",
  // Docker Engine API, version history: 1.44 takes several entries in EndpointsConfig.
  createsWithAllNetworks: versionNumber(apiVersion) >= 1_044,
  hasBuildKit: true,
  // Seen with 26.1 (API 1.45), and never with 20.10.
  listsStopsLate: versionNumber(apiVersion) >= 1_042,
  buildLabels: (labels) => Object.fromEntries(labels),
  stepsOfFile: () => () => true,
  removesNetworksByName: false,
  health: undefined,
  keepsName: () => Promise.resolve(false),
  changesInPlace,
  untoldOf: () => new Set(),
  adaptBody: (body) => body,
  forcedRemoval: (anonymousVolumes) => ({ prefix: "", query: { force: true, v: anonymousVolumes } }),
  adaptSummary: (answer) => answer,
  adaptDetails: (answer) => answer,
  adaptImage: (answer) => answer,
  adaptNetwork: (answer) => answer,
});

/** Docker Engine API, "Update a container". */
const changesInPlace: EngineFacts["changesInPlace"] = new Set([
  "restart",
  "nanoCpus",
  "cpuShares",
  "cpuset",
  "cpuQuotaMicros",
  "cpuPeriodMicros",
  "memoryBytes",
  "memoryReservationBytes",
  "memorySwapBytes",
  "pidsLimit",
  "blkioWeight",
]);
