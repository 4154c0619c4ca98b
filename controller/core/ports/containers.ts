import type {
  ContainerDetails,
  ContainerSummary,
  EngineEvent,
  EngineFacts,
  EngineIdentity,
  VolumeFacts,
} from "./container-facts.ts";
import type { NetworkFacts } from "./container-facts.ts";
import type { ContainerSpec, NetworkAttachment, NetworkSpec, RestartPolicy, VolumeSpec } from "./container-spec.ts";
import type {
  BuildSpec,
  ContextFacts,
  ContextSpec,
  ImageDetails,
  ImageFacts,
  PullOptions,
} from "./container-images.ts";
import type { Text } from "../secret.ts";

/**
 * A container engine: Docker, or Podman behind its Docker-compatible API. Facts and specs are neutral: where the two
 * engines differ, the adapter answers. Each write is one step that can be repeated: "already so" is success.
 *
 * Every call has a deadline and ends when the signal aborts (RELIABILITY 31). What any call may throw:
 * `ENGINE_UNREACHABLE` (nothing was sent), `ENGINE_CONNECTION_LOST` and `TIMEOUT` (it may have happened: look),
 * `ENGINE_BUSY` (passes by itself), `ENGINE_REFUSED` (the engine's own words), `DISK_FULL`.
 */
export interface ContainerEngine {
  /** Which one answers. @throws PoststackError `ENGINE_MISSING`, `ENGINE_TOO_OLD` */
  identify(signal: AbortSignal): Promise<EngineIdentity>;
  /** What it is and can do, which takes a call of its own. @throws PoststackError as {@link identify} does */
  facts(signal: AbortSignal): Promise<EngineFacts>;

  /** Every container of the engine, running or not, ours and foreign: one call. */
  containers(signal: AbortSignal): Promise<readonly ContainerSummary[]>;
  /** By id or name. Undefined: there is none. */
  inspectContainer(id: string, signal: AbortSignal): Promise<ContainerDetails | undefined>;
  /**
   * Makes it with all its networks and does not start it. A container that could not be finished is taken away again.
   * @throws PoststackError `NAME_TAKEN`, `ENGINE_BUSY` (who has the name is being removed), `IMAGE_MISSING`, `ENGINE_LACKS`,
   * `ENGINE_OBJECT_GONE` (a network, a volume)
   */
  createContainer(name: string, spec: ContainerSpec, signal: AbortSignal): Promise<Created>;
  /** @throws PoststackError `PORT_TAKEN`, `COMMAND_MISSING` (no such program in the image), `ENGINE_OBJECT_GONE` */
  startContainer(id: string, signal: AbortSignal): Promise<void>;
  /** Stop signal, grace, SIGKILL. Stopped already, or gone, is success. */
  stopContainer(id: string, options: StopOptions, signal: AbortSignal): Promise<void>;
  /**
   * Gone already is success; one that is on its way is waited for.
   * @throws PoststackError `ENGINE_OBJECT_IN_USE`: it runs, and not `force`
   */
  removeContainer(id: string, options: RemoveOptions, signal: AbortSignal): Promise<void>;
  /** Lets one go on that was paused. Not paused, or gone, is success. */
  unpauseContainer(id: string, signal: AbortSignal): Promise<void>;
  /** @throws PoststackError `NAME_TAKEN`, `ENGINE_BUSY` (who has the name is being removed), `ENGINE_OBJECT_GONE` */
  renameContainer(id: string, name: string, signal: AbortSignal): Promise<void>;
  /** What the engine can change while it runs; {@link EngineFacts.changesInPlace} says what that is. */
  updateContainer(id: string, change: InPlaceChange, signal: AbortSignal): Promise<void>;
  /** Until it ends, however long that takes. @throws PoststackError `ENGINE_OBJECT_GONE` */
  waitContainer(id: string, signal: AbortSignal): Promise<{ readonly exitCode: number }>;
  /** @throws PoststackError `ENGINE_OBJECT_GONE`, `ENGINE_REFUSED` (it does not run), `COMMAND_MISSING` */
  exec(id: string, command: ExecSpec, signal: AbortSignal): Promise<ExecResult>;
  /** Oldest first; ends with the container when `follow`. Gone: nothing. */
  logs(id: string, options: LogOptions, signal: AbortSignal): AsyncIterable<LogChunk>;
  /** Puts files into a container that need not run: contents of configs and secrets. Folders are made, 0755, root's. */
  putFiles(id: string, files: readonly ContainerFile[], signal: AbortSignal): Promise<void>;
  /** Puts one file of any size into a folder of a container that is there. */
  putStream(id: string, file: StreamedFile, signal: AbortSignal): Promise<void>;

  networks(signal: AbortSignal): Promise<readonly NetworkFacts[]>;
  /** @throws PoststackError `NAME_TAKEN`, `ENGINE_REFUSED` (overlapping addresses, no such driver) */
  createNetwork(name: string, spec: NetworkSpec, signal: AbortSignal): Promise<{ readonly id: string }>;
  /** Gone already is success. @throws PoststackError `ENGINE_OBJECT_IN_USE` */
  removeNetwork(id: string, signal: AbortSignal): Promise<void>;
  /** Connected already, however, is success: the next look compares. */
  connectNetwork(network: string, container: string, attachment: NetworkAttachment, signal: AbortSignal): Promise<void>;
  /** Not connected, or gone, is success. */
  disconnectNetwork(network: string, container: string, signal: AbortSignal): Promise<void>;

  volumes(signal: AbortSignal): Promise<readonly VolumeFacts[]>;
  /** Bytes by name, counted file by file: minutes for big ones. Without those whose driver does not tell. */
  volumeSizes(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** Gives back what the engine has now under the name: creating one that exists succeeds (RELIABILITY 9). */
  createVolume(name: string, spec: VolumeSpec, signal: AbortSignal): Promise<VolumeFacts>;
  /** Gone already is success. @throws PoststackError `ENGINE_OBJECT_IN_USE` */
  removeVolume(name: string, signal: AbortSignal): Promise<void>;

  /** Every image: one call. */
  images(signal: AbortSignal): Promise<readonly ImageFacts[]>;
  /** By reference or id, with the configuration that containers inherit. Undefined: there is none here. */
  inspectImage(reference: string, signal: AbortSignal): Promise<ImageDetails | undefined>;
  /** Ends after 120 s without progress. @throws PoststackError `IMAGE_MISSING`, `REGISTRY_LOGIN`, `PULL_FAILED` */
  pullImage(reference: string, options: PullOptions, signal: AbortSignal): Promise<void>;
  /**
   * What a build is made from, read and not sent.
   * @throws PoststackError `FILE_MISSING`, `FILE_UNREADABLE`, `TIMEOUT` where the signal's reason is one
   */
  buildContext(spec: ContextSpec, signal: AbortSignal): Promise<ContextFacts>;
  /** @throws PoststackError `BUILD_FAILED` with the last lines, `ENGINE_LACKS`, `FILE_MISSING` */
  buildImage(spec: BuildSpec, signal: AbortSignal): Promise<{ readonly id: string }>;
  tagImage(id: string, reference: string, signal: AbortSignal): Promise<void>;
  /** Gone already is success. @throws PoststackError `ENGINE_OBJECT_IN_USE` */
  removeImage(id: string, signal: AbortSignal): Promise<void>;

  /**
   * What happens from now on: hints to look again, nothing more. Ends, without an error, when the engine does.
   *
   * @param opened called once the engine tells: what happened before has no event
   */
  events(signal: AbortSignal, opened?: () => void): AsyncIterable<EngineEvent>;
  close(): Promise<void>;
}

interface Created {
  readonly id: string;
  /** What the engine will not do although it was asked: `Your kernel does not support swap limit …` */
  readonly warnings: readonly string[];
}

interface StopOptions {
  /** Else the container's own. */
  readonly graceMs?: number;
  /** Else the container's own. Older engines than API 1.42 take none; it is sent by a kill then. */
  readonly signal?: string;
}

interface RemoveOptions {
  /** Also when it runs: killed, without grace. */
  readonly force: boolean;
  /** Volumes that have no name of their own. Named ones always stay. */
  readonly anonymousVolumes: boolean;
}

/** Absent: as it is. */
export interface InPlaceChange {
  readonly restart?: RestartPolicy;
  readonly nanoCpus?: number;
  readonly cpuShares?: number;
  readonly cpuset?: string;
  readonly cpuQuotaMicros?: number;
  readonly cpuPeriodMicros?: number;
  readonly memoryBytes?: number;
  readonly memoryReservationBytes?: number;
  /** Memory and swap together; -1: no limit. */
  readonly memorySwapBytes?: number;
  readonly pidsLimit?: number;
  readonly blkioWeight?: number;
}

export interface ExecSpec {
  readonly command: readonly [string, ...string[]];
  readonly environment?: ReadonlyMap<string, Text>;
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly privileged?: boolean;
  /** For the command to end; it goes on in the container when the time is over. */
  readonly timeoutMs: number;
  /** Takes what the command writes to its standard output, all of it; {@link ExecResult.output} is its errors then. */
  readonly onOutput?: (bytes: Buffer) => void;
}

export interface ExecResult {
  readonly exitCode: number;
  /** Both streams as they came, the last 64 KiB. */
  readonly output: string;
}

export interface LogOptions {
  readonly follow?: boolean;
  /** The last lines only. */
  readonly tail?: number;
  readonly since?: Date;
  readonly until?: Date;
}

/** One line, or what there is of it. */
export interface LogChunk {
  readonly stream: "stdout" | "stderr";
  /** As the engine received it, to the nanosecond: `2026-11-20T08:00:00.123456789Z`. */
  readonly at: string;
  /** Without its line end. Bytes that are no UTF-8 become U+FFFD. */
  readonly line: string;
}

/** A file whose content comes while it is sent: exactly `sizeBytes`. */
export interface StreamedFile extends Omit<ContainerFile, "content"> {
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Buffer>;
}

export interface ContainerFile {
  /** Absolute, in the container. */
  readonly path: string;
  readonly content: Text | Buffer;
  /** Permission bits: 0o444. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
