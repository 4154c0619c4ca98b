import type { Place } from "../place.ts";
import type { Text } from "../secret.ts";

export interface SpawnSpec {
  /** Who the process belongs to, `process:web.1`: its record, its mark in the environment, its log. */
  readonly resource: string;
  /** Program and arguments; no shell unless the arguments name one. */
  readonly command: readonly [string, ...string[]];
  /** Absolute. */
  readonly cwd: string;
  /** The whole environment, nothing is inherited. */
  readonly environment: ReadonlyMap<string, Text>;
  /** Absolute; appended to, mode 0600. */
  readonly logFile: string;
  /** Kept with the record: keyed hash of all that makes the process what it is. */
  readonly configHash: string;
  /** Public fields of the configuration, kept to tell later what changed; never a secret's value. */
  readonly fields: ReadonlyMap<string, string>;
  readonly stopSignal: NodeJS.Signals;
  readonly stopGraceMs: number;
  /** Where the files ask for it, for errors. */
  readonly place?: Place;
}

export interface ProcessRecord {
  readonly resource: string;
  /** 0: the command died between announcing the start and recording it; only the marks tell what it started. */
  readonly pid: number;
  /** Start time as the system tells it (clock ticks since boot on Linux): tells a pid from its reuse. */
  readonly startTime: string;
  readonly configHash: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly logFile: string;
  /** Where in the log its own output begins, in bytes. */
  readonly logStart: number;
  readonly stopSignal: NodeJS.Signals;
  readonly stopGraceMs: number;
  readonly startedAt: Date;
  /** Its start was seen through to the end: it was found ready. False after a command that died while it waited. */
  readonly accepted: boolean;
  /** Observed now: alive, the same process, and not a zombie. */
  readonly running: boolean;
}

/** How it stands with one process right now. */
export interface ProcessState {
  readonly running: boolean;
  /** How it ended, where this very command started it and so was told. */
  readonly exitCode?: number;
  readonly signal?: string;
}

export interface Host {
  /** Every process that this environment recorded, running or not. Unreadable records are left out and logged. */
  processes(signal: AbortSignal): Promise<readonly ProcessRecord[]>;
  /**
   * Looks for program and folder, proves that record and log can be written, and starts nothing.
   * @throws PoststackError `COMMAND_MISSING`, `DISK_FULL`, `STATE_UNWRITABLE`
   */
  check(spec: SpawnSpec): void;
  /**
   * Starts a detached process group, its record on disk when this returns, not yet accepted. Ends first what is left of
   * an earlier start, also when no record tells of it (a crash between start and record). The same process running
   * already is success.
   * @throws PoststackError `COMMAND_MISSING`, `DISK_FULL`, `STATE_UNWRITABLE`, before anything is started or ended
   */
  start(spec: SpawnSpec, signal: AbortSignal): Promise<ProcessRecord>;
  /** Records that the process was found ready. */
  accept(record: ProcessRecord): void;
  inspect(record: ProcessRecord): ProcessState;
  /**
   * What would start this running process again as it is: its environment as the system shows it. Undefined where the
   * system does not. Ask before stopping it.
   */
  specOf(record: ProcessRecord): SpawnSpec | undefined;
  /**
   * Signal to the group, grace, SIGKILL; then the record is removed. Gone already is success.
   * @throws PoststackError `STATE_UNWRITABLE`, before anything is ended
   */
  stop(record: ProcessRecord, signal: AbortSignal): Promise<void>;
  /** Runs to its end, output to the log file. Aborting ends the group. */
  run(spec: SpawnSpec, timeoutMs: number, signal: AbortSignal): Promise<RunResult>;
  /** Who listens on the port; undefined: nobody, or the host is not this machine. */
  portHolder(host: string, port: number, signal: AbortSignal): Promise<PortHolder | undefined>;
  /** One readiness probe: true when it passes. */
  probe(probe: Probe, environment: ReadonlyMap<string, Text>, cwd: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Appends lines to a log file, mode 0600, each as soon as it comes; without any, the file is there and empty.
   * @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE`; what the lines throw
   */
  writeLog(logFile: string, lines: AsyncIterable<string>): Promise<void>;
  /** The last lines of a log file, at most `lines` and 64 KiB, and none from before byte `from`. */
  tail(logFile: string, lines: number, from?: number): readonly string[];
  /** This very process, as a label can hold it, for a later one that asks {@link isGone}. */
  self(): string;
  /**
   * Whether the process that called itself so has ended. Undefined: nobody can tell from here, since it is on another machine,
   * in another container, another user's, or the text is not ours.
   */
  isGone(self: string): boolean | undefined;
}

export interface PortHolder {
  /** Unknown where the system tells only the holder's own user. */
  readonly pid?: number;
  /** The resource of this environment that the holder belongs to, by its marks. */
  readonly resource?: string;
  /** `node (pid 812)` */
  readonly text: string;
}

export type Probe =
  | { readonly type: "http"; readonly url: string }
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  | { readonly type: "command"; readonly command: readonly [string, ...string[]] };

interface RunResult {
  /** Undefined when a signal or the timeout ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly durationMs: number;
}
