import { nameOf } from "../../core/id.ts";
import type { Look } from "../look.ts";
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
  readonly ports?: readonly string[];
}

/** From what was seen for the plan: no further call. */
export function containersOf({ desired, observation }: Look): readonly ContainerStatus[] {
  const seen = (observation.observed.container ?? []).flatMap(({ resource, summary }) =>
    resource === undefined ? [] : [factsOf({ resource, summary })],
  );
  const wanted = desired.resources.container.map(({ id }): ContainerStatus => {
    const facts = seen.find((one) => one.id === id);
    return facts === undefined ? { name: nameOf(id), state: "absent" } : statusOf(facts);
  });
  const named = new Set<string>(desired.resources.container.map(({ id }) => id));
  const leftovers = seen.filter(({ id }) => !named.has(id));
  return [...wanted, ...leftovers.map((facts): ContainerStatus => ({ ...statusOf(facts), state: "leftover" }))];
}

const statusOf = ({ id, state, health, exitCode, image, createdAt, ports }: ContainerFacts): ContainerStatus => ({
  name: id.slice(id.indexOf(":") + 1),
  state,
  health,
  ...(exitCode === null ? {} : { exitCode }),
  image,
  createdAt,
  ports,
});

/** Running, and as well as its check says; what ended with 0 has done what it was for. */
export const isWell = ({ state, health, exitCode }: ContainerStatus): boolean =>
  (state === "running" && (health === null || health === "healthy")) || (state === "exited" && exitCode === 0);
