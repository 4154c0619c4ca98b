import { fromFacts } from "../../controller/core/errors.ts";
import { labelNames } from "../../controller/core/engine-labels.ts";
import type { ResourceId } from "../../controller/core/id.ts";
import type { ContainerSummary } from "../../controller/core/ports/container-facts.ts";
import { unreachable } from "../../controller/core/unreachable.ts";
import { configLabels } from "../../controller/resources/container/config.ts";
import type { DesiredContainer, ObservedContainer } from "../../controller/resources/container/model.ts";
import type { ObservedImage } from "../../controller/resources/image/model.ts";
import type { ObservedNetwork } from "../../controller/resources/network/model.ts";
import type { ObservedVolume } from "../../controller/resources/volume/model.ts";
import type { Action, ObservedResources } from "../../controller/resources/index.ts";

/** What is on an engine after each action: enough of it to prove that plans come to an end. */
export interface SimulatedEngine {
  readonly networks: Map<ResourceId, ObservedNetwork>;
  readonly volumes: Map<string, ObservedVolume>;
  readonly images: Map<string, ObservedImage>;
  readonly containers: Map<ResourceId, ObservedContainer>;
}

export const emptyEngine = (): SimulatedEngine => ({
  networks: new Map(),
  volumes: new Map(),
  images: new Map(),
  containers: new Map(),
});

type Seen = Pick<ObservedResources, "network" | "volume" | "image" | "container">;

/** As the kinds would see it; an image means the same to every container. */
export const observeEngine = ({ networks, volumes, images, containers }: SimulatedEngine): Seen => ({
  network: [...networks.values()],
  volume: [...volumes.values()],
  image: [...images.values()],
  container: [...containers.values()],
});

type EngineAction = Extract<Action, { readonly kind: "network" | "volume" | "image" | "container" }>;

export function applyToEngine(engine: SimulatedEngine, action: EngineAction): void {
  if (action.verb === "refuse") throw fromFacts(action.error);
  switch (action.kind) {
    case "network":
      if (action.verb === "delete") engine.networks.delete(action.id);
      else engine.networks.set(action.id, networkOf(action.desired));
      return;
    case "volume":
      if (action.verb === "delete") engine.volumes.delete(action.volume.name);
      else engine.volumes.set(action.desired.name, volumeOf(action.desired));
      return;
    case "image": {
      if (action.verb === "delete") return void engine.images.delete(action.image.references[0] ?? action.image.id);
      const { reference, since } = action.desired;
      engine.images.set(reference, { reference, refreshedAt: since, image: imageOf(reference) });
      return;
    }
    case "container":
      return applyContainer(engine, action);
    default:
      return unreachable(action);
  }
}

type Of<K extends Action["kind"], V extends string> = Extract<Action, { readonly kind: K; readonly verb: V }>;

const networkOf = ({ id, name, config, spec }: Of<"network", "create">["desired"]): ObservedNetwork => ({
  facts: {
    ...{ id: `${name}-id`, name, labels: spec.labels, driver: spec.driver ?? "bridge", driverOptions: new Map() },
    ...{ isInternal: false, isAttachable: false, hasIpv6: false, hasIpv4: true, pools: [], createdAt: undefined },
  },
  ...{ resource: id, config, members: [] },
});

const volumeOf = ({ id, name, spec }: Of<"volume", "create">["desired"]): ObservedVolume => ({
  facts: {
    ...{ name, labels: spec.labels, driver: spec.driver ?? "local", driverOptions: spec.driverOptions ?? new Map() },
    ...{ mountpoint: "/", createdAt: undefined },
  },
  resource: id,
});

const imageOf = (reference: string) => ({
  ...{ id: `sha256:${reference}`, references: [reference], digests: [], labels: new Map<string, string>() },
  ...{ createdAt: new Date(0), sizeBytes: 1 },
});

function applyContainer({ containers }: SimulatedEngine, action: Extract<EngineAction, { kind: "container" }>): void {
  switch (action.verb) {
    case "delete":
      for (const [id] of withId(containers, action.current.id)) containers.delete(id);
      return;
    case "stop":
      for (const [id, one] of withId(containers, action.current.id)) {
        const names = action.aside === undefined ? one.summary.names : [action.aside];
        containers.set(id, { ...one, summary: { ...one.summary, names, state: "exited", exitCode: 137 } });
      }
      return;
    case "create":
    case "start":
    case "restart":
    case "update":
    case "replace":
      refuseSecondWriter(containers, action.desired);
      containers.set(action.id, { resource: action.id, summary: summaryOf(action.desired) });
      return;
    case "refuse":
      throw fromFacts(action.error);
    default:
      return unreachable(action);
  }
}

const withId = (containers: SimulatedEngine["containers"], engineId: string) =>
  [...containers].filter(([, { summary }]) => summary.id === engineId);

/** The files give each volume to one service: whoever else has it runs on data that another one writes. */
function refuseSecondWriter(containers: SimulatedEngine["containers"], { id, spec }: DesiredContainer): void {
  const written = new Set(spec.mounts.flatMap((mount) => (mount.type === "volume" ? [mount.name] : [])));
  for (const [other, { summary }] of containers) {
    const isBeside =
      other !== id && summary.state === "running" && summary.mounts.some(({ name }) => written.has(name));
    if (isBeside) throw new Error(`${id} and ${other} write to one volume`);
  }
}

const summaryOf = ({ id, name, spec, config }: DesiredContainer): ContainerSummary => ({
  ...{ id: `${name}-id`, names: [name], imageId: `sha256:${spec.image}`, imageReference: spec.image },
  labels: new Map([[labelNames.resource, id], [labelNames.config, config.fixed], ...configLabels(config)]),
  ...{ state: "running", health: undefined, exitCode: undefined, upMs: 60_000, createdAt: new Date(0) },
  ...{ networks: new Map(), ports: [] },
  mounts: spec.mounts.map((mount) => ({
    ...{ type: mount.type, source: "", target: mount.target, isReadOnly: false },
    ...(mount.type === "volume" && mount.name !== undefined ? { name: mount.name } : {}),
  })),
});
