import { connectionUrl } from "../core/connection-url.ts";
import { nameOf, type ResourceId } from "../core/id.ts";
import type { Probe } from "../core/ports/host.ts";
import type { DesiredContainer } from "../resources/container/model.ts";
import type { Desired, Kind } from "../resources/index.ts";
import { addressesOf, engineHostOf, spokenBy } from "./containers/addresses.ts";
import { ownContainers } from "./containers/own.ts";
import type { OpenedEnvironment } from "./open.ts";

/** Where something that runs can be reached. */
export interface Address {
  /** `web.2`, `database` */
  readonly name: string;
  /** `http://127.0.0.1:8080/`, `127.0.0.1:6379`; of the database without a password. */
  readonly address: string;
}

/**
 * Where what is wanted to run is reached: processes, containers, the database. Asks the engine only for ports that it chose
 * itself, with one list call.
 *
 * @param targets ids and kinds that a command is about; none: all of them
 */
export async function addressesIn(
  desired: Desired,
  targets: readonly string[],
  opened: Pick<OpenedEnvironment, "ports">,
  signal: AbortSignal,
): Promise<readonly Address[]> {
  const { scope, resources, knownEngine } = desired;
  const isMeant = (kind: Kind, id: ResourceId): boolean =>
    scope.has(kind) && (targets.length === 0 || targets.includes(id) || targets.includes(kind));
  const processes = resources.process.filter(({ id, to }) => isMeant("process", id) && to === "running");
  const containers = resources.container.filter((one) => isMeant("container", one.id) && publishes(one));
  const isChosen = containers.some(({ spec }) => spec.ports.some(({ hostPort }) => typeof hostPort !== "number"));
  // All is done by now: an engine that went away a moment ago is no reason to say otherwise.
  const own = isChosen ? await ownContainers(opened, signal).catch(() => []) : [];
  const published = new Map(own.map(({ resource, summary }) => [resource, summary.ports]));
  const engine = containers.length === 0 ? undefined : (knownEngine ?? opened.ports.state.read()?.engine);
  const engineHost = engineHostOf(engine?.address);
  return [
    ...processes.flatMap(({ name, ready }) => processAddresses(ready).map((address) => ({ name, address }))),
    ...containers.flatMap(({ id, spec }) =>
      addressesOf(published.get(id) ?? spec.ports, spokenBy(spec.healthcheck), engineHost).map((address) => ({
        name: nameOf(id),
        address,
      })),
    ),
    ...(resources.instance.some(({ id }) => isMeant("instance", id)) ? databaseAddress(desired) : []),
  ];
}

const publishes = ({ to, runs, spec }: DesiredContainer): boolean =>
  to === "running" && runs === "always" && spec.ports.length > 0;

/** None or one: what its probe asks is where it answers. */
export function processAddresses(ready: Probe | undefined): readonly string[] {
  if (ready === undefined || ready.type === "command") return [];
  return [ready.type === "http" ? new URL("/", ready.url).href : `${ready.host}:${ready.port}`];
}

function databaseAddress({ resources, endpoint }: Desired): readonly Address[] {
  const isUp = resources.instance.some(({ to }) => to === "running");
  // An external server runs on when the environment is gone.
  const isThere = isUp && resources.database.some(({ to }) => to === "present");
  if (!isThere || endpoint === undefined) return [];
  const url = connectionUrl(endpoint, { user: endpoint.owner.user }, endpoint.database);
  return [{ name: "database", address: String(url) }];
}
