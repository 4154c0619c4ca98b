import type { Secret } from "../../core/secret.ts";
import type { ComposeService } from "./service-model.ts";

/**
 * A Compose project as it is meant: files merged, `extends` and `include` resolved, variables and env files worked in,
 * short forms expanded, defaults that the specification states filled in. Keys are named as the specification names
 * them. What is absent was not asked for: the image's or the engine's own default holds.
 *
 * Durations are milliseconds, sizes bytes, paths absolute. Lists keep the order of the files; `Map` where the user
 * chooses the keys. A path into this model is a path into the files: see `LoadedCompose.placeOf`.
 */
export interface ComposeProject {
  /** Prefix of all that is made; small letters, digits, `-` and `_`. */
  readonly name: string;
  /** Absolute: what relative paths of the first file are relative to. */
  readonly directory: string;
  /** Those whose profiles are active, in the order of the files. */
  readonly services: ReadonlyMap<string, ComposeService>;
  /** Names of services that are left out because none of their profiles is active, with these profiles. */
  readonly inactive: ReadonlyMap<string, readonly string[]>;
  /** Only what an active service uses, here and below. */
  readonly networks: ReadonlyMap<string, ComposeNetwork>;
  readonly volumes: ReadonlyMap<string, ComposeVolume>;
  /** Names of volumes that the files declare and no active service uses: one of an inactive profile may have data in it. */
  readonly unusedVolumes?: readonly string[];
  readonly configs: ReadonlyMap<string, ComposeConfig>;
  readonly secrets: ReadonlyMap<string, ComposeSecret>;
  /** Refused in a deployment. */
  readonly models: ReadonlyMap<string, ComposeModel>;
  /** The `x-` keys of the file itself, as written. */
  readonly extensions: ReadonlyMap<string, unknown>;
}

export interface ComposeNetwork {
  /** In the engine. */
  readonly name: string;
  /** Made by somebody else, and only used. */
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: ReadonlyMap<string, string>;
  readonly ipam?: ComposeIpam;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly enable_ipv4?: boolean;
  readonly enable_ipv6?: boolean;
  readonly labels?: ReadonlyMap<string, string>;
}

interface ComposeIpam {
  readonly driver?: string;
  readonly config?: readonly {
    readonly subnet?: string;
    readonly ip_range?: string;
    readonly gateway?: string;
    readonly aux_addresses?: ReadonlyMap<string, string>;
  }[];
  readonly options?: ReadonlyMap<string, string>;
}

export interface ComposeVolume {
  /** In the engine. */
  readonly name: string;
  /** Made by somebody else, and only used. */
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: ReadonlyMap<string, string>;
  readonly labels?: ReadonlyMap<string, string>;
}

/** Exactly one of `file`, `content` and `environment`. */
export interface ComposeConfig {
  readonly name: string;
  /** Absolute. */
  readonly file?: string;
  readonly content?: string;
  /** The variable whose value is the content. */
  readonly environment?: string;
  /** That value; absent when the variable is not set. */
  readonly value?: string;
  readonly labels?: ReadonlyMap<string, string>;
}

/** Exactly one of `file` and `environment`. */
export interface ComposeSecret {
  readonly name: string;
  /** Absolute. */
  readonly file?: string;
  /** The variable whose value is the secret. */
  readonly environment?: string;
  /** That value; absent when the variable is not set. */
  readonly value?: Secret;
  readonly labels?: ReadonlyMap<string, string>;
}

/** A language model that Docker Model Runner would serve. */
export interface ComposeModel {
  readonly model: string;
  readonly name?: string;
  readonly context_size?: number;
  readonly runtime_flags?: readonly string[];
}
