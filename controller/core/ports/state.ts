import type { Secret } from "../secret.ts";
import type { ResourceId } from "../id.ts";
import type { EngineIdentity } from "./container-facts.ts";

/** What cannot be observed about one environment (RELIABILITY 18), in `.poststack/<environment>/state.json`. */
export interface StateFacts {
  /** 128 random bits, hex: what makes an object ours. */
  readonly owner: string;
  /** Generated passwords by name (`role:app`, `instance:postgres`). */
  readonly secrets: ReadonlyMap<string, { readonly current: Secret }>;
  /** The cluster that held this environment's data last. */
  readonly systemIdentifier?: string;
  /** The container engine that holds the environment's containers: another one would not know of them. */
  readonly engine?: EngineIdentity;
  /** Containers that were started by us and whose `post_start` commands have not come to their end: the engine's ids. */
  readonly unfinishedStarts?: ReadonlyMap<ResourceId, string>;
}

export interface State {
  /** The folder of all environments' states of the project, absolute. Nobody else is to read it. */
  readonly root: string;
  /** The environment's directory, absolute, made with mode 0700 on the first write. */
  readonly directory: string;
  /**
   * Undefined when nothing was ever recorded.
   * @throws PoststackError `STATE_LOST` (bad checksum), `STATE_NEWER`, `FILE_UNREADABLE` (another user's)
   */
  read(): StateFacts | undefined;
  /** Makes owner token and missing secrets, on disk before it returns (RELIABILITY 16). Never replaces one. */
  ensure(secretNames: readonly string[]): StateFacts;
  recordSystemIdentifier(identifier: string): void;
  recordEngine(engine: EngineIdentity): void;
  /** It is gone for ever, with all that was on it. */
  forgetEngine(): void;
  /** @param container its id; undefined: it has come to its end */
  recordStart(resource: ResourceId, container: string | undefined): void;
  /** Forgets the environment: after its data is gone. */
  remove(): void;
}

/** One writer per environment and host; the system frees it when its holder dies (RELIABILITY 28). */
export interface HostLock {
  /**
   * Waits while another process holds it, telling `onWait` who that is, once.
   * @throws PoststackError `LOCK_HELD` after `timeoutMs`
   */
  take(
    name: string,
    timeoutMs: number,
    onWait: (holder: string) => void,
    signal: AbortSignal,
  ): Promise<{ readonly release: () => Promise<void> }>;
}
