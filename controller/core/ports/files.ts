import type { Place } from "../place.ts";
import type { Secret } from "../secret.ts";

/** Files of the project: regular files inside it only, by paths relative to its root or absolute. */
export interface Files {
  readonly root: string;
  /**
   * @throws PoststackError `FILE_MISSING`, `FILE_UNREADABLE` (not regular, not UTF-8, larger than `limitBytes`), `PATH_OUTSIDE`
   */
  read(path: string, options: ReadOptions): string;
  /** Bytes, for hashing. Same errors. */
  readBytes(path: string, options: ReadOptions): Buffer;
  /** The same with the stamp that the file had before its first byte was read. */
  readStamped(path: string, options: ReadOptions): { readonly bytes: Buffer; readonly stamp: Stamp | undefined };
  /**
   * SHA-256 in hex of a file of any kind and size, read in pieces; undefined: it is larger than the limit. Same errors.
   */
  digest(path: string, options: Pick<ReadOptions, "limitBytes" | "from">): string | undefined;
  /** Of a file as it is now, without opening it; undefined: only reading it tells, also what is wrong with it. */
  stamp(path: string): Stamp | undefined;
  /** Names in a folder, sorted; empty when it does not exist. @throws PoststackError `PATH_OUTSIDE`, `FILE_UNREADABLE` */
  list(path: string): readonly string[];
  exists(path: string): boolean;
  /** Absolute and without links, as far as it exists; wherever that is. */
  realPath(path: string): string;
  /** @throws PoststackError `PATH_OUTSIDE` */
  isFolder(path: string): boolean;
}

/**
 * Which state of which file: where all of it is equal, so are the bytes, unless it is younger than the clock of its file
 * system is fine ({@link TextCache}). As stat(2) has it, times in milliseconds since 1970 with what a number holds of their
 * nanoseconds: a quarter of a microsecond, and no file system's clock ticks that fast.
 */
export interface Stamp {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** What was made of the texts of files, for as long as they do not change. It may forget anything: then a file is read. */
export interface TextCache {
  /**
   * What was kept of a file.
   *
   * @param stampOf asked only where something was kept
   */
  find(path: string, stampOf: () => Stamp | undefined): string | undefined;
  /** Whether {@link find} has found anything. */
  wasOfUse(): boolean;
  keep(path: string, stamp: Stamp, fact: string): void;
  /** For the next run, if any of it is new. A disk that takes no file is no error. */
  save(): void;
}

/** What spares the next run some work. It may forget anything, and what it takes need not arrive. */
export interface Cache {
  /** @param name small letters, digits and `-` */
  read(name: string): Buffer | undefined;
  write(name: string, bytes: Buffer): void;
}

/** Where secrets come from that the configuration only points at. Their text never leaves the adapter in plain. */
export interface SecretSources {
  /**
   * A file's text without its last line end, also of a file outside the project: that is where secrets belong.
   * @throws PoststackError `SECRET_UNREADABLE`, `SECRET_EXPOSED`
   */
  file(path: string, where: Place): Secret;
  /**
   * What a program prints, without the last line end. Ends it after 10 s.
   * @throws PoststackError `SECRET_UNREADABLE`
   */
  command(command: readonly [string, ...string[]], cwd: string, where: Place): Promise<Secret>;
  /** A connection URL in its parts; undefined: it is none. */
  connection(url: Secret): ConnectionParts | undefined;
  /** A whole number from 0 to below `limit` that nobody can foresee. */
  randomInt(limit: number): number;
}

/** What a `postgres://` URL says, decoded. */
export interface ConnectionParts {
  readonly user?: string;
  readonly password?: Secret;
  /** A path: the directory of a Unix socket. */
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly sslmode?: string;
}

export interface ReadOptions {
  readonly limitBytes: number;
  /** The code for a larger file. Default: `FILE_UNREADABLE` */
  readonly tooLarge?: "CONFIG_LIMIT";
  /** Who asks, for the error. */
  readonly from?: Place;
}
