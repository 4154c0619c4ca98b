import type { Text } from "../secret.ts";
import type { Healthcheck } from "./container-spec.ts";

/** One image as the list call tells of it. */
export interface ImageFacts {
  /** `sha256:…` */
  readonly id: string;
  /** `debian:bookworm-slim`; none: it lost its name. */
  readonly references: readonly string[];
  /** `debian@sha256:…`: what registries call it. */
  readonly digests: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  readonly createdAt: Date;
  readonly sizeBytes: number;
}

export interface ImageDetails extends ImageFacts {
  /** When it last got a name here. Undefined where the engine does not keep it. */
  readonly taggedAt: Date | undefined;
  readonly platform: string;
  readonly config: ImageConfig;
}

/** What a container inherits where its spec is silent. */
export interface ImageConfig {
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  readonly environment: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly user: string | undefined;
  readonly workingDirectory: string | undefined;
  /** `80/tcp` */
  readonly expose: readonly string[];
  /** Paths that become volumes without a name. */
  readonly volumes: readonly string[];
  readonly healthcheck: Healthcheck | "none" | undefined;
  readonly stopSignal: string | undefined;
}

export interface PullOptions {
  readonly platform?: string;
  /** One short line at a time: `debian:12 3 of 5 layers, 41 of 80 MB`. */
  readonly onProgress?: (line: string) => void;
}

/** What is sent to be built. */
export interface ContextSpec {
  /** Absolute folder on this machine; what its `.dockerignore` leaves over is sent. */
  readonly context: string;
  /** From the context or absolute. Absent: `Dockerfile`. */
  readonly dockerfile?: string;
  /** The text instead of a file. */
  readonly dockerfileText?: string;
  /** Absolute folders that are never sent, whatever `.dockerignore` says. */
  readonly except?: readonly string[];
}

export interface BuildSpec extends ContextSpec {
  /** Names for the image. */
  readonly references: readonly string[];
  readonly arguments?: ReadonlyMap<string, Text>;
  readonly target?: string;
  readonly labels?: ReadonlyMap<string, string>;
  readonly platform?: string;
  readonly cacheFrom?: readonly string[];
  readonly noCache?: boolean;
  /** Ask the registry for newer base images. */
  readonly pull?: boolean;
  readonly network?: string;
  readonly extraHosts?: readonly string[];
  readonly shmBytes?: number;
  /** By id, for `RUN --mount=type=secret`: BuildKit only. */
  readonly secrets?: ReadonlyMap<string, Text | Buffer>;
  /** One line of output at a time. */
  readonly onOutput?: (line: string) => void;
}

/** An image whose build context comes with Poststack. */
export interface ShippedImage {
  readonly name: string;
  /** All names that it gets. */
  readonly references: readonly [string, ...string[]];
  /** Absolute folder with its Dockerfile. */
  readonly context: string;
  /** Of the Dockerfile. */
  readonly text: string;
}

/** A build context as it is now. */
export interface ContextFacts {
  /** SHA-256 in hex over the Dockerfile and over what is sent: names, modes and contents, and no times. */
  readonly digest: string;
  /** What `FROM` names, stages and `scratch` left out, these build arguments put in. */
  readonly bases: (given: BuildSpec["arguments"]) => readonly string[];
}
