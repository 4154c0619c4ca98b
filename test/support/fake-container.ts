import { PoststackError } from "../../controller/core/errors.ts";
import { isSecretVariable } from "../../controller/core/engine-labels.ts";
import type { Clock } from "../../controller/core/ports.ts";
import type {
  ActualMount,
  ConnectedNetwork,
  ContainerDetails,
  ContainerState,
  ContainerSummary,
  Health,
  NetworkFacts,
} from "../../controller/core/ports/container-facts.ts";
import type { ImageDetails } from "../../controller/core/ports/container-images.ts";
import type { ContainerSpec, NetworkAttachment, PublishedPort } from "../../controller/core/ports/container-spec.ts";
import type { ContainerFile, ExecResult, LogChunk } from "../../controller/core/ports/containers.ts";
import { Secret, type Text } from "../../controller/core/secret.ts";

/** What the process of a container does once it is started. */
export interface Program {
  /** Absent: it runs until it is stopped. */
  readonly exitsAfterMs?: number;
  readonly exitCode?: number;
  /** Of its healthcheck; absent: at once. Infinity: never. */
  readonly healthyAfterMs?: number;
  /** When it counts as failed; absent: never. */
  readonly unhealthyAfterMs?: number;
  /** The image does not have it. */
  readonly isMissing?: boolean;
  readonly output?: readonly string[];
  /** When a signal other than SIGKILL stops it. */
  readonly exitCodeOf?: (signal: string) => number;
  readonly exec?: (command: readonly string[]) => ExecResult;
}

/** What the engine publishes on where the spec leaves it to it. */
const chosenPort = 49_153;

/** One container of the fake engine. Time passes on the clock: what happened meanwhile shows at the next look. */
export class FakeContainer {
  readonly id: string;
  name: string;
  spec: ContainerSpec;
  readonly image: ImageDetails;
  readonly attachments: Map<string, NetworkAttachment>;
  readonly files = new Map<string, ContainerFile>();
  readonly output: LogChunk[] = [];
  state: ContainerState = "created";
  /** The engine ended in the middle of a start, and never gets over it. */
  isStuck = false;
  exitCode = 0;
  restartCount = 0;
  private readonly clock: Clock;
  private readonly createdAt: Date;
  private readonly program: Program;
  /** When its process began or, while it waits to be started again, will. */
  private startedMs = 0;
  private startedAt: Date | undefined;
  private finishedAt: Date | undefined;

  constructor(
    id: string,
    name: string,
    spec: ContainerSpec,
    image: ImageDetails,
    clock: Clock,
    programOf: ((container: FakeContainer) => Program | undefined) | undefined,
  ) {
    this.id = id;
    this.name = name;
    this.spec = spec;
    this.image = image;
    this.clock = clock;
    this.createdAt = clock.date();
    this.attachments = new Map(spec.network.mode === "networks" ? spec.network.attachments : []);
    this.program = programOf?.(this) ?? {};
  }

  get isUp(): boolean {
    return this.isStarted || this.state === "restarting";
  }

  /** Its process is there. */
  get isStarted(): boolean {
    return this.state === "running" || this.state === "paused";
  }

  get health(): Health {
    const { healthcheck } = this.spec;
    if (!this.isStarted || healthcheck === undefined || healthcheck === "none") return undefined;
    const upMs = this.clock.nowMs() - this.startedMs;
    if (upMs >= (this.program.unhealthyAfterMs ?? Infinity)) return "unhealthy";
    return upMs >= (this.program.healthyAfterMs ?? 0) ? "healthy" : "starting";
  }

  /** @throws PoststackError `COMMAND_MISSING` */
  start(): void {
    if (this.isStuck)
      throw new PoststackError("ENGINE_BUSY", { what: `starting ${this.name}: task ${this.id}: already exists` });
    if (this.program.isMissing === true) {
      this.exitCode = 127;
      throw new PoststackError("COMMAND_MISSING", { what: `${this.name}: executable file not found` });
    }
    this.begin(this.clock.nowMs());
  }

  private begin(atMs: number): void {
    this.state = "running";
    this.startedMs = atMs;
    this.startedAt = new Date(atMs);
    for (const line of this.program.output ?? [])
      this.output.push({ stream: "stdout", at: this.startedAt.toISOString(), line });
  }

  stop(signal: string | undefined): void {
    this.end(signal === undefined ? 137 : (this.program.exitCodeOf?.(signal) ?? 137));
  }

  end(exitCode: number): void {
    this.state = "exited";
    this.exitCode = exitCode;
    this.finishedAt = this.clock.date();
  }

  /** What has happened since the last look. */
  settle(): void {
    const nowMs = this.clock.nowMs();
    const { exitsAfterMs, exitCode = 0 } = this.program;
    for (;;) {
      if (this.state === "restarting" && this.startedMs <= nowMs) this.begin(this.startedMs);
      const endMs = this.startedMs + (exitsAfterMs ?? Infinity);
      if (this.state !== "running" || nowMs < endMs) return;
      this.end(exitCode);
      if (!this.isRestarted()) return;
      // "An ever increasing delay (double the previous delay, starting at 100 milliseconds)", at most a minute (docker run).
      this.startedMs = endMs + Math.min(100 * 2 ** this.restartCount, 60_000);
      this.restartCount++;
      this.state = "restarting";
    }
  }

  private isRestarted(): boolean {
    const { restart } = this.spec;
    if (restart?.name === "always" || restart?.name === "unless-stopped") return true;
    const isRetried = restart?.name === "on-failure" && this.exitCode !== 0;
    return isRetried && (restart.maxRetries === 0 || this.restartCount < restart.maxRetries);
  }

  exec(command: readonly string[]): ExecResult {
    return this.program.exec?.(command) ?? { exitCode: 0, output: "" };
  }

  summary(networks: ReadonlyMap<string, NetworkFacts>): ContainerSummary {
    return {
      id: this.id,
      names: [this.name],
      imageId: this.image.id,
      imageReference: this.spec.image,
      labels: new Map([...this.image.labels, ...this.spec.labels]),
      state: this.state,
      health: this.health,
      exitCode: this.state === "exited" || this.state === "restarting" ? this.exitCode : undefined,
      upMs: this.isStarted ? Math.floor((this.clock.nowMs() - this.startedMs) / 1_000) * 1_000 : undefined,
      createdAt: this.createdAt,
      networks: this.connected(networks),
      ports: this.ports,
      mounts: this.mounts,
    };
  }

  details(networks: ReadonlyMap<string, NetworkFacts>): ContainerDetails {
    const { config } = this.image;
    const { spec } = this;
    const environment = new Map([...config.environment, ...spec.environment]);
    const isSecret = isSecretVariable(spec.labels);
    const values = [...environment].flatMap(([name, value]): [string, Text][] => {
      if (value === undefined) return [];
      return [[name, value instanceof Secret || !isSecret(name) ? value : new Secret(value)]];
    });
    const command = spec.command ?? (spec.entrypoint === undefined ? config.command : undefined);
    const entrypoint = spec.entrypoint ?? config.entrypoint;
    return {
      id: this.id,
      name: this.name,
      imageId: this.image.id,
      state: this.state,
      createdAt: this.createdAt,
      startedAt: this.startedAt,
      finishedAt: this.finishedAt,
      exitCode: this.exitCode,
      wasOomKilled: false,
      startError: this.isStuck ? `task ${this.id}: already exists` : undefined,
      ...(this.isStuck ? { isStuck: true } : {}),
      restartCount: this.restartCount,
      pid: this.isUp ? 1 : undefined,
      health: this.health,
      healthOutput: undefined,
      spec: {
        ...spec,
        ...(command === undefined ? {} : { command }),
        ...(entrypoint === undefined ? {} : { entrypoint }),
        environment: new Map(values),
        labels: new Map([...config.labels, ...spec.labels]),
        network: spec.network.mode === "networks" ? { mode: "networks", attachments: this.attachments } : spec.network,
      },
      networks: this.connected(networks),
      ports: this.ports,
      mounts: this.mounts,
      attachments: new Map(this.attachments),
    };
  }

  private get ports(): readonly PublishedPort[] {
    return this.isUp ? this.spec.ports.map((port) => ({ hostPort: chosenPort, ...port })) : [];
  }

  private get mounts(): readonly ActualMount[] {
    return this.spec.mounts.map((mount) => ({
      type: mount.type,
      ...(mount.type === "volume" ? { name: mount.name ?? `${this.id}-${mount.target}` } : {}),
      source: mount.type === "bind" ? mount.source : "",
      target: mount.target,
      isReadOnly: mount.type === "image" || mount.readOnly,
    }));
  }

  private connected(networks: ReadonlyMap<string, NetworkFacts>): ReadonlyMap<string, ConnectedNetwork> {
    const idOf = (key: string): string | undefined =>
      [...networks.values()].find(({ id, name }) => name === key || id === key)?.id;
    return new Map(
      [...this.attachments].map(([name, { aliases, macAddress }]) => {
        const id = idOf(name);
        return [name, { id, aliases, address: this.isUp ? "10.9.0.2" : undefined, macAddress }];
      }),
    );
  }
}
