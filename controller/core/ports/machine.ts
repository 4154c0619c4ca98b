/** One log file of an environment. */
export interface LogFile {
  /** What it is the log of: `web.1`, `seed`, `postgres`. */
  readonly name: string;
  readonly category: "process" | "job" | "postgres";
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly writtenAt: Date;
  /** 1, 2, 3: an older part of the log, the newest of them first. Absent: the log itself. */
  readonly rotation?: number;
  /** When the run of a job began, as its file name says it. */
  readonly run?: string;
}

/** The log files of one environment. */
export interface LogFiles {
  /** Sorted by category, name, age: the newest first. */
  list(): readonly LogFile[];
  /** The last lines, at most 16 MiB. */
  tail(path: string, lines: number): LogTail;
  /**
   * What was written behind `fromBytes`. A file that has become shorter was cut by rotation and is read from its start.
   * At most a megabyte at a time; a file that is gone has nothing.
   */
  readFrom(path: string, fromBytes: number): { readonly bytes: Buffer; readonly endBytes: number };
  /** Those that some program has open; undefined where the system does not tell. */
  openOnes(paths: readonly string[]): ReadonlySet<string> | undefined;
  remove(path: string): void;
}

export interface LogTail {
  readonly lines: readonly string[];
  /** Behind the last line end: where reading on begins. */
  readonly endBytes: number;
  /** The last of the lines has no end yet. */
  readonly isPartial: boolean;
}

/** Facts about this machine, for a person who looks for what could go wrong. */
export interface Machine {
  readonly nodeVersion: string;
  readonly platform: string;
  readonly arch: string;
  /** Who runs this command. */
  readonly user: { readonly name: string; readonly isRoot: boolean };
  /** Who servers run as when root starts them. @throws PoststackError `POSTGRES_START`: there is nobody */
  serverUser(): string;
  /** A folder, or the nearest one above it that exists. */
  folder(path: string): FolderFacts;
  /** Where a program of this name lies in PATH. */
  program(name: string): string | undefined;
  /** Those of the paths that git would take into a commit, or has; undefined: no repository, or no git. */
  committable(root: string, paths: readonly string[]): readonly string[] | undefined;
}

export interface FolderFacts {
  readonly exists: boolean;
  /** Whether this user may make files in it, or in the nearest one that exists. */
  readonly isWritable: boolean;
  /** Permission bits; undefined while it does not exist. */
  readonly mode: number | undefined;
  readonly freeBytes: number;
}
