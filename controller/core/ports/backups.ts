/** One file that may be a backup, with what lies beside it. */
export interface BackupFile {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  /** The text of the manifest beside it; undefined: there is none, so nobody has verified the file (RELIABILITY 23). */
  readonly manifest: string | undefined;
}

/** What a file is made of. */
interface Measured {
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** `pg_dump` and `pg_restore` of this machine. */
export interface BackupPrograms {
  /** The folder that holds both. */
  readonly bin: string;
  readonly major: number;
}

/** Files of backups, and the programs of this machine that make and read them. */
export interface Backups {
  /** Every file of the folder whose name ends with `.dump` or `.tar.gz`, sorted by name; nothing where there is no folder. */
  list(directory: string): readonly BackupFile[];
  /** Undefined: there is no regular file. */
  find(path: string): BackupFile | undefined;
  /** What of a backup's two files, or anything else of their names, is there already. */
  occupied(path: string): readonly string[];
  /**
   * A new, empty file beside `path` for what is going to become it, mode 0600. What an earlier try has left of it is removed.
   *
   * @param isLeftover which other names in the folder are left of earlier tries, and removed, too
   * @param folder `ours`: made with 0700 where it is not there. `theirs`: somebody has named it, and may have mistyped it
   * @returns its path
   * @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE`; of a folder of theirs `FILE_UNREADABLE`
   */
  begin(path: string, isLeftover: (name: string) => boolean, folder: "ours" | "theirs"): string;
  /** @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE` */
  append(path: string, bytes: Buffer): void;
  /** Reads all of it. @throws PoststackError `FILE_UNREADABLE` */
  measure(path: string, signal: AbortSignal): Promise<Measured>;
  /** @throws PoststackError `FILE_UNREADABLE` */
  read(path: string, signal: AbortSignal): AsyncIterable<Buffer>;
  /**
   * Manifest first, then the file itself by rename, each on the disk before the next: what has its name is whole.
   *
   * @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE`
   */
  publish(partial: string, path: string, manifest: string): void;
  /** Gone already is success. */
  discard(partial: string): void;
  /** The file, then its manifest. Gone already is success. */
  remove(path: string): void;
  /** A text of our own, mode 0600: a list of contents. */
  writeText(path: string, text: string): void;
  readText(path: string): string;
  /** Those of this very major version, else the next newer ones; undefined: there are none. */
  programs(major: number): BackupPrograms | undefined;
}
