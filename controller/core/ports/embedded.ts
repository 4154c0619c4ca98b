import type { ClusterCopies } from "./cluster-copies.ts";
import type { Endpoint, Login } from "./postgres.ts";

/** Where one embedded server lives and what it is. */
export interface EmbeddedSpec {
  readonly name: string;
  /** Major version, or undefined: the one of the data, else 17. */
  readonly major: number | undefined;
  readonly bind: string;
  readonly port: number;
}

/** What can be seen of an embedded server without asking it anything over SQL. */
export interface EmbeddedFacts {
  /** Major version that the data directory was made by; undefined: no data. */
  readonly dataMajor: number | undefined;
  readonly systemIdentifier: string | undefined;
  readonly running: boolean;
  readonly startedAt: Date | undefined;
  /** Where the running server listens: another port than asked until it is restarted. */
  readonly runningPort: number | undefined;
  /** Who holds the port when it is not our server: `nginx (pid 812)`. */
  readonly portHolder: string | undefined;
  readonly dataDirectory: string;
  readonly socketDirectory: string;
  readonly logFile: string;
  /** What `start` needs and how it is had: `17.10`, or `15` where the minor version is not known, and a path or package. */
  readonly binaries: { readonly version: string; readonly from: string } | undefined;
  /** Our own include file: the parameters as they were written, and `port` and `listen_addresses`. Lower-case names. */
  readonly parameters: ReadonlyMap<string, string>;
  /** When that file last changed; undefined: there is none. */
  readonly configuredAt: Date | undefined;
}

/** Real Postgres processes of this host. Each call is one step that can be repeated. */
export interface EmbeddedServers {
  observe(spec: EmbeddedSpec, signal: AbortSignal): Promise<EmbeddedFacts>;
  /** initdb into a sibling directory, sync, rename (RELIABILITY 19). Nothing to do when the data is there. */
  create(spec: EmbeddedSpec, admin: Login, parameters: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void>;
  /** Starts it so that it outlives this process; returns when a TCP login answers. Running already is success. */
  start(spec: EmbeddedSpec, admin: Login, signal: AbortSignal): Promise<void>;
  /** Fast shutdown, waits for the end. Stopped already is success. */
  stop(spec: EmbeddedSpec, signal: AbortSignal): Promise<void>;
  /** Writes the include file with the parameters, by rename. */
  configure(spec: EmbeddedSpec, parameters: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void>;
  /** Asks the server to read its files again. */
  reload(spec: EmbeddedSpec, signal: AbortSignal): Promise<void>;
  /** Deletes the data directory, and what restores have put aside: only with the leave for it. */
  remove(spec: EmbeddedSpec, signal: AbortSignal): Promise<void>;
  /**
   * A server with nothing in it, for as long as `run` takes. One that was left behind by a kill goes before the next is made.
   *
   * @param major undefined: 17
   * @throws PoststackError `POSTGRES_MISSING`, `POSTGRES_START`, `LOCK_HELD`, and what `run` throws
   */
  temporarily<T>(
    major: number | undefined,
    signal: AbortSignal,
    run: (server: Pick<Endpoint, "host" | "port" | "admin">) => Promise<T>,
  ): Promise<T>;
  /** Of this environment's data. */
  readonly copies: ClusterCopies & {
    /** What a restore has put aside: only with the leave to delete data. Gone already is success. */
    removeReplaced(path: string): void;
  };
}
