import { nameOf } from "../../core/id.ts";
import { isContainer } from "../../resources/container/machine.ts";
import type { Look } from "../look.ts";
import { addressesOf, engineHostOf, spokenBy } from "./addresses.ts";
import { factsOf, type ContainerFacts } from "./facts.ts";

/** How it stands with one container that the files ask for, or that is left over. */
export interface ContainerStatus {
  /** `web.2` */
  readonly name: string;
  /** absent: the files ask for it, and it is not there. leftover: the files no longer ask for it. */
  readonly state: ContainerFacts["state"] | "absent" | "leftover";
  readonly health?: ContainerFacts["health"];
  readonly exitCode?: number;
  readonly image?: string;
  readonly createdAt?: Date;
  readonly upMs?: number;
  readonly ports?: readonly string[];
  /** Where what it publishes is reached from this machine. */
  readonly addresses?: readonly string[];
}

/** From what was seen for the plan: no further call. */
export function containersOf({ desired, observation }: Look): readonly ContainerStatus[] {
  const engineHost = engineHostOf(desired.knownEngine?.address);
  const seen = (observation.observed.container ?? [])
    .filter(isContainer)
    .flatMap(({ resource, summary }) => (resource === undefined ? [] : [{ resource, summary }]));
  const byId = new Map(seen.map(({ resource, summary }) => [resource, summary]));
  const wanted = desired.resources.container.map((container): ContainerStatus => {
    const summary = byId.get(container.id);
    if (summary === undefined) return { name: nameOf(container.id), state: "absent" };
    const addresses = addressesOf(summary.ports, spokenBy(container.spec.healthcheck), engineHost);
    return { ...statusOf(factsOf({ resource: container.id, summary })), addresses };
  });
  const named = new Set(desired.resources.container.map(({ id }) => id));
  const leftovers = seen.filter(({ resource }) => !named.has(resource)).map((one) => statusOf(factsOf(one)));
  return [...wanted, ...leftovers.map((status): ContainerStatus => ({ ...status, state: "leftover" }))];
}

const statusOf = ({ id, state, health, exitCode, image, createdAt, upMs, ports }: ContainerFacts): ContainerStatus => ({
  name: id.slice(id.indexOf(":") + 1),
  state,
  health,
  ...(exitCode === null ? {} : { exitCode }),
  image,
  createdAt,
  ...(upMs === null ? {} : { upMs }),
  ports,
});

/** Running, and as well as its check says; what ended with 0 has done what it was for. */
export const isWell = ({ state, health, exitCode }: ContainerStatus): boolean =>
  (state === "running" && (health === null || health === "healthy")) || (state === "exited" && exitCode === 0);
