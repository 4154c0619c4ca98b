import type { ContainerDetails, EngineFacts } from "../../core/ports/container-facts.ts";
import type { Json } from "./answer.ts";
import type { Client } from "./client.ts";
import type { PodmanHealth } from "./podman-health.ts";

/** Where the two engines differ behind the same API. */
export interface Dialect {
  readonly engine: EngineFacts["engine"];
  /** All networks go into the body of the creation; else the first only, and the others are connected before the start. */
  readonly createsWithAllNetworks: boolean;
  readonly hasBuildKit: boolean;
  /** A stop is answered before the list tells of it. */
  readonly listsStopsLate: boolean;
  /** The labels of a build, as its request takes them. */
  readonly buildLabels: (labels: ReadonlyMap<string, string>) => string | object;
  /** Of the lines of a build with such labels: whether one is of the Dockerfile's own steps, or of none. */
  readonly stepsOfFile: (labels: ReadonlyMap<string, string>) => (line: string) => boolean;
  /** What protects a network in use from being removed only looks at its name. */
  readonly removesNetworksByName: boolean;
  /** Undefined: the engine probes by itself, and its list tells the result. */
  readonly health: PodmanHealth | undefined;
  /** Of a taken name that no container has: whether it stays taken until somebody removes what the engine keeps under it. */
  readonly keepsName: (client: Client, name: string, signal: AbortSignal) => Promise<boolean>;
  readonly changesInPlace: EngineFacts["changesInPlace"];
  /** Of a container: what it does not tell, or not as it was asked for. */
  readonly untoldOf: (details: Pick<ContainerDetails, "spec">) => NonNullable<ContainerDetails["untold"]>;
  /** The body of a creation, as this engine wants it. */
  readonly adaptBody: (body: Json) => Json;
  /** How it removes a container without a grace, also one that runs. */
  readonly forcedRemoval: (anonymousVolumes: boolean) => {
    readonly prefix: string;
    readonly query: Readonly<Record<string, boolean | number>>;
  };
  /** Answers, in Docker's words. */
  readonly adaptSummary: (answer: Json) => Json;
  readonly adaptDetails: (answer: Json) => Json;
  readonly adaptImage: (answer: Json) => Json;
  readonly adaptNetwork: (answer: Json) => Json;
}

/** `1.41` → 1041: comparable. */
export const versionNumber = (version: string): number => {
  const [major = "0", minor = "0"] = version.split(".");
  return Number(major) * 1_000 + Number.parseInt(minor, 10);
};
