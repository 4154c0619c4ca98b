import { PoststackError } from "../../../controller/core/errors.ts";
import { imageFinder } from "../../../controller/core/image-reference.ts";
import type { Clock, Ports } from "../../../controller/core/ports.ts";
import type {
  ContainerDetails,
  ContainerSummary,
  NetworkFacts,
  VolumeFacts,
} from "../../../controller/core/ports/container-facts.ts";
import type { ImageFacts } from "../../../controller/core/ports/container-images.ts";
import type { ContainerSpec } from "../../../controller/core/ports/container-spec.ts";
import type { ResourceId } from "../../../controller/core/id.ts";
import type { ContainerEngine, InPlaceChange } from "../../../controller/core/ports/containers.ts";
import { livesIn } from "../../../controller/resources/container/inside.ts";
import { inPlace, token } from "./kit.ts";

/** What a program does, by the first word of its command. */
interface Program {
  readonly endsAfterMs?: number;
  readonly exitCode?: number;
  readonly healthyAfterMs?: number;
}

const programs = new Map<string, Program>([
  ["crash", { endsAfterMs: 200, exitCode: 1, healthyAfterMs: 1_000 }],
  ["job", { endsAfterMs: 200, exitCode: 0 }],
  ["slow", { healthyAfterMs: 3_000 }],
  ["sick", { healthyAfterMs: Number.POSITIVE_INFINITY }],
]);

export interface Made {
  readonly id: string;
  name: string;
  spec: ContainerSpec;
  readonly imageId: string;
  readonly createdMs: number;
  startedMs?: number;
  /** By somebody, and with which exit code. */
  ended?: number;
  paused?: true;
  readonly networks: Set<string>;
  readonly files: Set<string>;
}

/**
 * An engine in memory, as far as this kind needs one: names and host ports are exclusive, time is virtual, and programs
 * end or become healthy after a while. What real engines do is proved against them.
 *
 * @param changesInPlace Podman's is empty
 */
export function smallEngine(changesInPlace: ReadonlySet<keyof InPlaceChange> = inPlace) {
  let nowMs = 1_000_000;
  let ids = 0;
  const containers = new Map<string, Made>();
  const networks = new Map<string, NetworkFacts>();
  const volumes = new Map<string, VolumeFacts>();
  const images: ImageFacts[] = [];
  const writes: string[] = [];
  let onWrite: (call: string, when: "before" | "after") => void = () => undefined;

  const clock: Clock = {
    nowMs: () => nowMs,
    date: () => new Date(nowMs),
    sleep: (ms, signal) => {
      nowMs += ms;
      return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
    },
    random: () => 0,
  };

  const write = <T>(call: string, effect: () => T): Promise<T> => {
    onWrite(call, "before");
    const result = effect();
    writes.push(call);
    onWrite(call, "after");
    return Promise.resolve(result);
  };
  const found = (id: string): Made | undefined =>
    containers.get(id) ?? [...containers.values()].find(({ name }) => name === id);
  const there = (id: string): Made => found(id) ?? fail("ENGINE_OBJECT_GONE", `no container ${id}`);

  /** Engines keep ids where names were given. */
  const withIds = (spec: ContainerSpec): ContainerSpec =>
    spec.network.mode === "container"
      ? { ...spec, network: { ...spec.network, container: there(spec.network.container).id } }
      : spec;

  const stateOf = (one: Made) => {
    if (one.startedMs === undefined) return { state: "created", exitCode: undefined } as const;
    if (one.ended !== undefined) return { state: "exited", exitCode: one.ended } as const;
    const { endsAfterMs = Number.POSITIVE_INFINITY, exitCode = 0 } = programOf(one.spec);
    if (nowMs - one.startedMs < endsAfterMs) {
      return { state: one.paused ? "paused" : "running", exitCode: undefined } as const;
    }
    return one.spec.restart?.name === "always"
      ? ({ state: "restarting", exitCode } as const)
      : ({ state: "exited", exitCode } as const);
  };
  const isUp = (one: Made): boolean => ["running", "paused", "restarting"].includes(stateOf(one).state);
  const healthOf = (one: Made) => {
    const { healthcheck } = one.spec;
    if (healthcheck === undefined || healthcheck === "none" || one.startedMs === undefined || !isUp(one))
      return undefined;
    const { healthyAfterMs = 0 } = programOf(one.spec);
    const ranMs = nowMs - one.startedMs;
    return ranMs >= healthyAfterMs ? "healthy" : ranMs >= 10_000 ? "unhealthy" : "starting";
  };
  const begin = (one: Made): void => {
    for (const { hostPort } of one.spec.ports) {
      const isTaken = [...containers.values()].some(
        (other) => isUp(other) && other.spec.ports.some((port) => port.hostPort === hostPort),
      );
      if (isTaken) fail("PORT_TAKEN", "the port is taken");
    }
    const writesTo = volumesOf(one.spec);
    const isShared = [...containers.values()].some(
      (other) => isUp(other) && volumesOf(other.spec).some((name) => writesTo.includes(name)),
    );
    if (isShared) fail("INTERNAL", `two write to one volume: ${one.name}`);
    one.startedMs = ++nowMs;
    delete one.ended;
  };
  const summaryOf = (one: Made): ContainerSummary => ({
    ...{ id: one.id, names: [one.name], imageId: one.imageId, imageReference: one.spec.image },
    labels: new Map([...(images.find(({ id }) => id === one.imageId)?.labels ?? []), ...one.spec.labels]),
    ...stateOf(one),
    health: healthOf(one),
    upMs: isUp(one) && one.startedMs !== undefined ? nowMs - one.startedMs : undefined,
    createdAt: new Date(one.createdMs),
    networks: new Map(
      [...one.networks].map((name) => [
        name,
        { id: networks.get(name)?.id ?? name, aliases: [], address: undefined, macAddress: undefined },
      ]),
    ),
    ports: isUp(one) ? one.spec.ports : [],
    mounts: one.spec.mounts.flatMap((mount) =>
      mount.type === "volume"
        ? [{ type: "volume", name: mount.name ?? "", source: "", target: mount.target, isReadOnly: mount.readOnly }]
        : [],
    ),
  });

  const engine: Partial<ContainerEngine> & Readonly<Record<string, unknown>> = {
    identify: () => Promise.resolve({ engine: "docker", address: "memory" }),
    facts: () =>
      Promise.resolve({ engine: changesInPlace.has("restart") ? "docker" : "podman", changesInPlace } as never),
    containers: () => Promise.resolve([...containers.values()].map(summaryOf)),
    networks: () => Promise.resolve([...networks.values()]),
    volumes: () => Promise.resolve([...volumes.values()]),
    images: () => Promise.resolve(images),
    inspectImage: (reference) => {
      const image = imageFinder(images)(reference);
      const config = { environment: new Map(), labels: new Map(), expose: [], volumes: [] };
      return Promise.resolve(image && ({ ...image, config } as never));
    },
    inspectContainer: (id) => {
      const one = found(id);
      const details = one && {
        ...summaryOf(one),
        ...{ name: one.name, spec: one.spec, restartCount: 0, startError: undefined, healthOutput: "no answer" },
        startedAt: one.startedMs === undefined ? undefined : new Date(one.startedMs),
        attachments: new Map([...one.networks].map((name) => [name, { aliases: ["web"] }])),
      };
      return Promise.resolve(details as unknown as ContainerDetails | undefined);
    },
    createContainer: (name, spec) =>
      write(`create ${name}`, () => {
        if (found(name) !== undefined) fail("NAME_TAKEN", `${name} is taken`);
        const image = imageFinder(images)(spec.image) ?? fail("IMAGE_MISSING", `no ${spec.image}`);
        const id = (++ids).toString(16).padStart(12, "0").padEnd(64, "0");
        const names = spec.network.mode === "networks" ? [...spec.network.attachments.keys()] : [];
        const facts = { id, name, spec: withIds(spec), imageId: image.id, createdMs: ++nowMs };
        containers.set(id, { ...facts, networks: new Set(names), files: new Set() });
        return { id, warnings: [] };
      }),
    startContainer: (id) =>
      write(`start ${there(id).name}`, () => {
        const one = there(id);
        if (!isUp(one)) begin(one);
      }),
    stopContainer: (id) =>
      write(`stop ${found(id)?.name ?? id}`, () => {
        const one = found(id);
        if (one !== undefined && isUp(one)) one.ended = 0;
      }),
    removeContainer: (id) =>
      write(`remove ${found(id)?.name ?? id}`, () => {
        // Podman's way.
        const isHeld = !changesInPlace.has("restart") && [...containers.values()].some(({ spec }) => livesIn(spec, id));
        if (isHeld) fail("ENGINE_OBJECT_IN_USE", "it has dependent containers which must be removed before it");
        containers.delete(id);
      }),
    renameContainer: (id, name) =>
      write(`rename ${there(id).name} ${name}`, () => {
        if (found(name) !== undefined && found(name) !== found(id)) fail("NAME_TAKEN", `${name} is taken`);
        there(id).name = name;
      }),
    unpauseContainer: (id) => write(`unpause ${there(id).name}`, () => void delete there(id).paused),
    updateContainer: (id, { restart, ...resources }) =>
      write(`update ${there(id).name}`, () => {
        const { spec } = there(id);
        there(id).spec = { ...spec, ...(restart && { restart }), resources: { ...spec.resources, ...resources } };
      }),
    exec: (id, { command }) =>
      write(`exec ${there(id).name} ${command.join(" ")}`, () => ({
        exitCode: command[0] === "false" ? 1 : 0,
        output: "output of the hook\n",
      })),
    // oxlint-disable-next-line require-yield, typescript/require-await -- a log of one line
    logs: async function* logs() {
      yield { stream: "stdout", at: "", line: "the last line of its log" } as const;
    },
    putFiles: (id, files) =>
      write(`put ${there(id).name}`, () => {
        for (const { path } of files) there(id).files.add(path);
      }),
    connectNetwork: (network, id) =>
      write(`connect ${there(id).name} ${network}`, () => void there(id).networks.add(network)),
    disconnectNetwork: (network, id) =>
      write(`disconnect ${there(id).name} ${network}`, () => void there(id).networks.delete(network)),
  };
  const addImage = (reference: string, id: string, labels: ReadonlyMap<string, string> = new Map()): void => {
    const before = images.findIndex(({ references }) => references.includes(reference));
    if (before >= 0) images.splice(before, 1);
    images.push({ id, references: [reference], digests: [], labels, createdAt: new Date(0), sizeBytes: 1 });
  };
  const unfinishedStarts = new Map<ResourceId, string>();
  const ports = {
    clock,
    containers: engine,
    state: {
      directory: "/state",
      read: () => ({ owner: token, secrets: new Map(), unfinishedStarts }),
      recordEngine: () => undefined,
      recordStart: (resource: ResourceId, container: string | undefined) =>
        container === undefined ? unfinishedStarts.delete(resource) : unfinishedStarts.set(resource, container),
    },
    server: { fence: () => 7 },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
    progress: () => undefined,
  } as unknown as Ports;
  return {
    ...{ containers, networks, volumes, images, writes, ports, addImage },
    names: (): string =>
      [...containers.values()]
        .map((one) => `${one.name} ${stateOf(one).state}`)
        .sort()
        .join(", "),
    tick: (ms: number): void => void (nowMs += ms),
    /**
     * The machine starts anew, and with it what has a policy: Docker also starts what was stopped by hand, unless that is
     * what the policy is about ("Start containers automatically"), Podman what is to run always (podman-restart.service).
     */
    reboot: (): void => {
      const all = [...containers.values()].map((one) => ({ one, wasUp: isUp(one), policy: one.spec.restart?.name }));
      for (const { one, wasUp } of all) if (wasUp) one.ended = 137;
      for (const { one, wasUp, policy } of all) {
        const isDocker = changesInPlace.has("restart");
        const isMeant =
          policy === "always" || (isDocker && (policy === "on-failure" || (policy === "unless-stopped" && wasUp)));
        if (isMeant && one.startedMs !== undefined) begin(one);
      }
    },
    /** Called around each write: throw to cut there. */
    onWrite: (hook: typeof onWrite): void => void (onWrite = hook),
  };
}

export type SmallEngine = ReturnType<typeof smallEngine>;

const programOf = ({ command = [] }: ContainerSpec): Program => programs.get(command[0] ?? "") ?? {};
const volumesOf = ({ mounts }: ContainerSpec): readonly string[] =>
  mounts.flatMap((mount) =>
    mount.type === "volume" && !mount.readOnly && mount.name !== undefined ? [mount.name] : [],
  );

function fail(code: PoststackError["code"], what: string): never {
  throw new PoststackError(code, { what });
}
