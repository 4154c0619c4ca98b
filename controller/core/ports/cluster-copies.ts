import type { EmbeddedSpec } from "./embedded.ts";

/** The part of the write-ahead log without which a copy is not consistent. */
export interface WalRange {
  readonly timeline: number;
  /** As Postgres writes positions: `0/2000028`. */
  readonly start: string;
  readonly end: string;
}

/** What the server says when a backup of it ends. */
export interface BackupEnd {
  /** Names and texts of the files that tell a server that starts on the copy from where to recover. */
  readonly texts: ReadonlyMap<string, string>;
  readonly wal: WalRange;
  /** Names of the segments that hold that range. */
  readonly segments: readonly string[];
}

/** What a copy came to. */
export interface Packed {
  /** How many are in the manifest. */
  readonly files: number;
  /** Of the file as it was written, in hex. */
  readonly sha256: string;
}

/** A copy, and what it has to be. */
export interface CopyFile {
  readonly path: string;
  readonly sha256: string;
}

/**
 * Physical copies: the whole cluster of the environment's embedded server as one file, a tar archive packed with gzip, with
 * Postgres' own backup manifest as its last entry.
 */
export interface ClusterCopies {
  /**
   * Copies the data directory, then what `stop` names. The server has been told before that a backup begins, and goes on.
   *
   * @param file is there and empty
   * @param stop tells the server that all is copied
   * @throws PoststackError `BACKUP_FAILED` (a link, a file that cannot be read, a segment that is gone), `DISK_FULL`, and
   *   what `stop` throws
   */
  pack(file: string, stop: () => Promise<BackupEnd>, signal: AbortSignal): Promise<Packed>;
  /** Reads all of it. @returns how many files are in the manifest. @throws PoststackError `BACKUP_BROKEN` */
  check(file: CopyFile, signal: AbortSignal): Promise<number>;
  /** Names beside the data of what interrupted runs of `open` have left, sorted. Reads only. */
  leftovers(): readonly string[];
  /** Ends what still works in them, and removes them all. */
  removeLeftovers(signal: AbortSignal): Promise<void>;
  /**
   * Unpacks beside the data, for as long as `run` takes. What earlier runs have left there is removed first. Nothing outside
   * can reach the copy: no server process is started on it that listens anywhere, and none at all before every byte that was
   * unpacked has gone into the checksum.
   *
   * @param isLasting what is written into it survives a power cut: it is to become the data
   * @throws PoststackError `BACKUP_BROKEN`, `DISK_FULL`, `POSTGRES_MISSING`, `FILE_UNREADABLE`: a history of the data's log
   *   is no file; and what `run` throws
   */
  open<T>(
    spec: EmbeddedSpec,
    file: CopyFile,
    isLasting: boolean,
    signal: AbortSignal,
    run: (copy: OpenCopy) => Promise<T>,
  ): Promise<T>;
}

export interface OpenCopy {
  /**
   * Lets the cluster recover, runs the statements in one of its databases as the superuser that it was made with, and shuts
   * it down in order.
   *
   * @param statements the last gives one row with one text that is JSON
   * @throws PoststackError `BACKUP_BROKEN` with the program's words, `DISK_FULL`, `TIMEOUT`, `POSTGRES_START`
   */
  ask(database: string, statements: readonly string[]): Promise<unknown>;
  /**
   * Makes the copy the environment's data, with the settings files of the present data. The server is stopped. A kill
   * ends with the one or the other: once that is decided, whoever touches the server next completes it.
   *
   * @param ending of the name that the present data gets: `before_20261120T145500123Z`
   * @returns where the present data lies then
   * @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE`, `POSTGRES_LOCKED`: a server runs on it again, `FILE_UNREADABLE`:
   *   a settings file is none
   */
  takePlace(ending: string): Promise<string>;
}
