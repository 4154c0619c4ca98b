import type { ActionOf, Refusal } from "../../core/action.ts";
import type { EngineProject } from "../../core/engine-labels.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { BuildSpec, ImageFacts } from "../../core/ports/container-images.ts";

/** What one reference means on the engine that the containers run on. */
export interface DesiredImage {
  readonly id: ResourceId;
  /** As containers name it: `postgres:17`. */
  readonly reference: string;
  readonly source: RegistrySource | BuildSource;
  /** The moment at which the command began: what is to be done on every apply is done once after it. */
  readonly since: Date;
  /** Without an environment: it is the project's, whichever environment builds it. */
  readonly project: Pick<EngineProject, "project"> & Partial<Pick<EngineProject, "environment">>;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

/**
 * The wish of a command that tidies up: what builds for this environment left goes, where neither a container nor one of
 * these references needs it.
 */
export interface ImageLeftovers {
  readonly id: ResourceId;
  readonly keep: readonly string[];
  /** The environment's own containers go in the same plan, and need no image. */
  readonly ownContainersGo: boolean;
  readonly dependsOn: readonly ResourceId[];
  readonly reference?: never;
}

export type ImageWish = DesiredImage | ImageLeftovers;

export interface RegistrySource {
  readonly type: "registry";
  readonly pull: PullPolicy;
  readonly platform?: string;
}

/** `pull_policy`. A number of milliseconds: once what is here is older than that (`daily`, `weekly`, `every_12h`). */
export type PullPolicy = "always" | "missing" | "never" | { readonly everyMs: number };

export interface BuildSource {
  readonly type: "build";
  /** Without labels of ours. */
  readonly build: BuildSpec;
  /** Hash of all that the spec says: arguments, target, ids of secrets. What the context holds is not in it. */
  readonly config: string;
  /** `changed`: when there is none, or one of something else. `always`: on every apply. */
  readonly when: "changed" | "always";
}

export interface ObservedImage {
  readonly reference: string;
  /** What the reference means now; absent: nothing. */
  readonly image?: ImageFacts;
  /** When it was last pulled or built, as far as anybody knows. */
  readonly refreshedAt?: Date;
  /** Why it cannot be told what a build would be made from: no Dockerfile, no context. */
  readonly error?: ErrorFacts;
  /** What a build would be made from now; only with a build. */
  readonly inputs?: BuildInputs;
  /** The images that the inputs' bases mean now, by reference; those that are not here are left out. */
  readonly bases?: ReadonlyMap<string, string>;
}

export interface BuildInputs {
  /** Of the context: SHA-256 in hex. */
  readonly digest: string;
  /** The images that the build begins with. */
  readonly bases: readonly string[];
}

/** An image that a wish for leftovers is about. */
export interface ObservedLeftover extends ObservedImage {
  readonly leftover: ImageFacts;
}

/** What decides whether an image is built again, as its labels keep it. */
export interface BuildKey {
  readonly inputs: string;
  readonly config: string;
}

export type ImageAction =
  | ActionOf<
      "image",
      "pull",
      { readonly desired: DesiredImage; readonly source: RegistrySource; readonly before?: string }
    >
  | ActionOf<
      "image",
      "build",
      {
        readonly desired: DesiredImage;
        readonly source: BuildSource;
        readonly key: BuildKey;
        readonly bases: readonly string[];
        readonly before?: string;
      }
    >
  | ActionOf<
      "image",
      "delete",
      {
        readonly image: {
          readonly id: string;
          /** That it had when it was looked at. */ readonly references: readonly string[];
        };
      }
    >
  | Refusal<"image">;
