import { PoststackError, type ErrorCode } from "../../controller/core/errors.ts";
import type { Clock } from "../../controller/core/ports.ts";
import type { EngineEvent, NetworkFacts, VolumeFacts } from "../../controller/core/ports/container-facts.ts";
import type { ImageConfig, ImageDetails } from "../../controller/core/ports/container-images.ts";
import type { ContainerSpec, NetworkSpec, VolumeSpec } from "../../controller/core/ports/container-spec.ts";
import type { ContainerEngine } from "../../controller/core/ports/containers.ts";
import { dockerDialect } from "../../controller/adapters/containers/docker.ts";
import { podmanDialect } from "../../controller/adapters/containers/podman.ts";
import { livesIn } from "../../controller/resources/container/inside.ts";
import { FakeContainer, type Program } from "./fake-container.ts";
import { FakeEvents } from "./fake-events.ts";
import { FakeImages } from "./fake-images.ts";
import { fakeNetwork, fakeVolume } from "./fake-objects.ts";

/** What a test may decide about the engine that it is given. */
export interface FakeOptions {
  readonly clock: Clock;
  /** Whose ways it has, where they differ in what can be changed and removed. */
  readonly engine?: "docker" | "podman";
  /** What a container's process does; else it runs until it is stopped. */
  readonly program?: (container: FakeContainer) => Program | undefined;
  /**
   * Asked before each call and again before its answer is given: an error instead of the call, or instead of the answer
   * of a call that was carried out.
   *
   * @param written of a call that changes something, with what: `startContainer web`
   */
  readonly fault?: (call: string, when: "before" | "after", written: string | undefined) => Error | undefined;
  /** Ports of the host that somebody else has. */
  readonly takenPorts?: ReadonlySet<number>;
  /** Names of networks that are there already. */
  readonly networks?: readonly string[];
}

/** An engine in memory that keeps the contract of the real ones; time passes on the clock that it is given. */
export interface FakeEngine extends ContainerEngine {
  /** What was written, in order: `start web`. */
  readonly writes: readonly string[];
  /** Its containers by id, for what somebody does to them behind our back. */
  readonly byId: Map<string, FakeContainer>;
  /** Makes an image that is there already. */
  addImage(reference: string, config?: Partial<ImageConfig>, id?: string): ImageDetails;
  /** What somebody did behind our back: the process ends. */
  kill(name: string, exitCode?: number): void;
}

const refuse = (code: ErrorCode, what: string): PoststackError => new PoststackError(code, { what });

/** 64 hex digits, a new one each time and the same ones in every run. */
const counter = (): (() => string) => {
  let count = 0;
  return () => (++count).toString(16).padStart(12, "0").padEnd(64, "f");
};

export function fakeEngine(options: FakeOptions): FakeEngine {
  const { clock, engine: kind = "docker", program, fault, takenPorts = new Set<number>() } = options;
  const { changesInPlace } = kind === "docker" ? dockerDialect("1.51") : podmanDialect;
  const nextId = counter();
  const containers = new Map<string, FakeContainer>();
  const networks = new Map<string, NetworkFacts>();
  const volumes = new Map<string, VolumeFacts>();
  const images = new FakeImages(() => `sha256:${nextId()}`, clock);
  const writes: string[] = [];
  const events = new FakeEvents();

  /** One call: the signal, the faults, and the end of what has ended meanwhile. */
  async function call<T>(name: string, signal: AbortSignal, work: () => T | Promise<T>, written?: string): Promise<T> {
    signal.throwIfAborted();
    await Promise.resolve();
    const before = fault?.(name, "before", written);
    if (before !== undefined) throw before;
    for (const container of [...containers.values()]) {
      container.settle();
      if (container.state === "exited" && container.spec.removeWhenDone === true) containers.delete(container.id);
    }
    const answer = await work();
    const after = fault?.(name, "after", written);
    if (after !== undefined) throw after;
    return answer;
  }

  const write = <T>(line: string, signal: AbortSignal, work: () => T | Promise<T>): Promise<T> =>
    call(
      line.split(" ", 1)[0] ?? "",
      signal,
      () => {
        writes.push(line);
        return work();
      },
      line,
    );

  const find = (id: string): FakeContainer | undefined =>
    containers.get(id) ?? [...containers.values()].find((container) => container.name === id);
  const need = (id: string): FakeContainer => find(id) ?? fail("ENGINE_OBJECT_GONE", `no such container: ${id}`);
  /** Engines keep ids where names were given. */
  const withIds = (spec: ContainerSpec): ContainerSpec =>
    spec.network.mode === "container"
      ? { ...spec, network: { ...spec.network, container: need(spec.network.container).id } }
      : spec;
  const networkOf = (key: string): NetworkFacts | undefined =>
    networks.get(key) ?? [...networks.values()].find(({ name }) => name === key);
  const tell = (kind: EngineEvent["kind"], action: string, id: string, name?: string): void =>
    events.tell({ kind, action, id, name, attributes: new Map() });
  const usesNetwork = (container: FakeContainer, { id, name }: NetworkFacts): boolean =>
    container.isUp && (container.attachments.has(name) || container.attachments.has(id));

  const engine: FakeEngine = {
    writes,
    byId: containers,
    addImage: (reference, config = {}, id) => images.add(reference, config, id),
    kill(name, exitCode = 137) {
      const container = need(name);
      container.end(exitCode);
      tell("container", "die", container.id, container.name);
    },

    identify: (signal) => call("identify", signal, () => ({ engine: kind, address: "unix:///fake" })),
    facts: (signal) =>
      call("facts", signal, () => ({
        engine: kind,
        version: "99.0",
        apiVersion: "1.51",
        address: "unix:///fake",
        from: "a test",
        isLocal: true,
        isRootless: false,
        platform: "linux/amd64",
        changesInPlace,
      })),

    containers: (signal) =>
      call("containers", signal, () => [...containers.values()].map((container) => container.summary(networks))),
    inspectContainer: (id, signal) => call("inspectContainer", signal, () => find(id)?.details(networks)),
    createContainer: (name, spec, signal) =>
      write(`createContainer ${name}`, signal, () => {
        const image = images.find(spec.image) ?? fail("IMAGE_MISSING", `no such image: ${spec.image}`);
        if (find(name) !== undefined) throw refuse("NAME_TAKEN", `the name ${name} is already in use`);
        const container = new FakeContainer(nextId(), name, withIds(spec), image, clock, program);
        containers.set(container.id, container);
        for (const mount of spec.mounts)
          if (mount.type === "volume" && mount.name !== undefined) addVolume(mount.name, { labels: new Map() });
        tell("container", "create", container.id, name);
        return { id: container.id, warnings: [] };
      }),
    startContainer: (id, signal) =>
      write(`startContainer ${find(id)?.name ?? id}`, signal, () => {
        const container = need(id);
        if (container.isUp) return;
        for (const network of container.attachments.keys())
          if (networkOf(network) === undefined) throw refuse("ENGINE_OBJECT_GONE", `network ${network} not found`);
        const others = [...containers.values()].filter((other) => other !== container && other.isUp);
        for (const { hostPort, protocol } of container.spec.ports) {
          const isTaken = others.some(({ spec }) =>
            spec.ports.some((port) => port.hostPort === hostPort && port.protocol === protocol),
          );
          if (typeof hostPort === "number" && (isTaken || takenPorts.has(hostPort)))
            throw refuse("PORT_TAKEN", `port ${hostPort} is already allocated`);
        }
        container.start();
        tell("container", "start", container.id, container.name);
      }),
    stopContainer: (id, { signal: name }, signal) =>
      write(`stopContainer ${find(id)?.name ?? id}`, signal, () => {
        const container = find(id);
        if (container?.isUp !== true) return;
        container.stop(name);
        tell("container", "die", container.id, container.name);
      }),
    removeContainer: (id, { force }, signal) =>
      write(`removeContainer ${find(id)?.name ?? id}`, signal, () => {
        const container = find(id);
        if (container === undefined) return;
        if (container.isUp && !force) throw refuse("ENGINE_OBJECT_IN_USE", `${container.name} runs`);
        const isHeld = [...containers.values()].some(({ spec }) => livesIn(spec, container.id));
        if (kind === "podman" && isHeld)
          throw refuse("ENGINE_OBJECT_IN_USE", `${container.name} has dependent containers`);
        if (container.isUp) container.end(137);
        containers.delete(container.id);
        tell("container", "destroy", container.id, container.name);
      }),
    unpauseContainer: (id, signal) =>
      write(`unpauseContainer ${find(id)?.name ?? id}`, signal, () => {
        const container = find(id);
        if (container?.state === "paused") container.state = "running";
      }),
    renameContainer: (id, name, signal) =>
      write(`renameContainer ${find(id)?.name ?? id} ${name}`, signal, () => {
        const container = need(id);
        const other = find(name);
        if (other !== undefined && other !== container) throw refuse("NAME_TAKEN", `${name} is already in use`);
        container.name = name;
      }),
    updateContainer: (id, change, signal) =>
      write(`updateContainer ${find(id)?.name ?? id}`, signal, () => {
        const { restart, blkioWeight: _, ...resources } = change;
        const container = need(id);
        container.spec = {
          ...container.spec,
          ...(restart === undefined ? {} : { restart }),
          resources: { ...container.spec.resources, ...resources },
        };
      }),
    async waitContainer(id, signal) {
      const container = await call("waitContainer", signal, () => need(id));
      for (container.settle(); container.isUp; container.settle()) await clock.sleep(10, signal);
      return { exitCode: container.exitCode };
    },
    exec: (id, { command }, signal) =>
      write(`exec ${find(id)?.name ?? id} ${command.join(" ")}`, signal, () => {
        const container = need(id);
        if (container.state !== "running") throw refuse("ENGINE_REFUSED", `${container.name} is not running`);
        return container.exec(command);
      }),
    async *logs(id, { tail }, signal) {
      const container = await call("logs", signal, () => find(id));
      const lines = container?.output ?? [];
      yield* lines.slice(tail === undefined ? 0 : -tail);
    },
    putFiles: (id, files, signal) =>
      write(`putFiles ${find(id)?.name ?? id}`, signal, () => {
        for (const file of files) need(id).files.set(file.path, file);
      }),
    putStream: (id, _file, signal) => write(`putStream ${find(id)?.name ?? id}`, signal, () => void need(id)),

    networks: (signal) => call("networks", signal, () => [...networks.values()]),
    createNetwork: (name, spec, signal) =>
      write(`createNetwork ${name}`, signal, () => {
        if (networkOf(name) !== undefined) throw refuse("NAME_TAKEN", `network with name ${name} already exists`);
        return { id: addNetwork(name, spec).id };
      }),
    removeNetwork: (id, signal) =>
      write(`removeNetwork ${networkOf(id)?.name ?? id}`, signal, () => {
        const network = networkOf(id);
        if (network === undefined) return;
        if ([...containers.values()].some((container) => usesNetwork(container, network)))
          throw refuse("ENGINE_OBJECT_IN_USE", `network ${network.name} has active endpoints`);
        networks.delete(network.id);
      }),
    connectNetwork: (network, id, attachment, signal) =>
      write(`connectNetwork ${network} ${find(id)?.name ?? id}`, signal, () => {
        const { name } = networkOf(network) ?? fail("ENGINE_OBJECT_GONE", `network ${network} not found`);
        const { attachments } = need(id);
        if (!attachments.has(name)) attachments.set(name, attachment);
      }),
    disconnectNetwork: (network, id, signal) =>
      write(`disconnectNetwork ${network} ${find(id)?.name ?? id}`, signal, () => {
        find(id)?.attachments.delete(networkOf(network)?.name ?? network);
      }),

    volumes: (signal) => call("volumes", signal, () => [...volumes.values()]),
    volumeSizes: (signal) =>
      call("volumeSizes", signal, () => new Map([...volumes.keys()].map((name) => [name, 0] as const))),
    createVolume: (name, spec, signal) => write(`createVolume ${name}`, signal, () => addVolume(name, spec)),
    removeVolume: (name, signal) =>
      write(`removeVolume ${name}`, signal, () => {
        const uses = ({ spec }: FakeContainer): boolean =>
          spec.mounts.some((mount) => mount.type === "volume" && mount.name === name);
        if ([...containers.values()].some(uses)) throw refuse("ENGINE_OBJECT_IN_USE", `volume ${name} is in use`);
        volumes.delete(name);
      }),

    images: (signal) => call("images", signal, () => images.all()),
    inspectImage: (reference, signal) => call("inspectImage", signal, () => images.find(reference)),
    pullImage: (reference, _, signal) =>
      write(`pullImage ${reference}`, signal, () => fail("PULL_FAILED", `${reference}: no registry`)),
    buildContext: ({ context }, signal) => call("buildContext", signal, () => ({ digest: context, bases: () => [] })),
    buildImage: ({ references: [first = "", ...others], labels }, signal) =>
      write(`buildImage ${first}`, signal, () => {
        const { id } = images.add(first, { labels: labels ?? new Map() });
        for (const reference of others) images.name(id, reference);
        return { id };
      }),
    tagImage: (id, reference, signal) => write(`tagImage ${reference}`, signal, () => images.name(id, reference)),
    removeImage: (id, signal) =>
      write(`removeImage ${id}`, signal, () =>
        images.remove(id, (image) => [...containers.values()].some((container) => container.image.id === image)),
      ),

    events: (signal, opened) => events.follow(signal, opened),
    close: () => Promise.resolve(),
  };

  function addNetwork(name: string, spec: NetworkSpec): NetworkFacts {
    const made = fakeNetwork(nextId(), name, spec, networks.size, clock);
    networks.set(made.id, made);
    return made;
  }

  function addVolume(name: string, spec: VolumeSpec): VolumeFacts {
    const made = volumes.get(name) ?? fakeVolume(name, spec, clock);
    volumes.set(name, made);
    return made;
  }

  for (const name of options.networks ?? []) addNetwork(name, { labels: new Map() });
  return engine;
}

function fail(code: ErrorCode, what: string): never {
  throw refuse(code, what);
}
