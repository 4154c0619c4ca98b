import type { EnginePorts } from "../engine/converge.ts";
import type { Run } from "../engine/record.ts";
import type { FileWatcher, Watched } from "../engine/watch.ts";
import type { Log } from "../core/ports.ts";
import type { ShippedImage } from "../core/ports/container-images.ts";
import type { Cache, Files, SecretSources, TextCache } from "../core/ports/files.ts";
import type { LogFiles, Machine } from "../core/ports/machine.ts";
import type { HostLock, State } from "../core/ports/state.ts";
import type { Text } from "../core/secret.ts";

/** What a face needs of the process it runs in. `main.ts` builds the real one; nothing else reads the environment. */
export interface World {
  readonly version: string;
  /** Which program exactly this is: a version may be built more than once. */
  readonly build: string;
  /** Absolute. */
  readonly cwd: string;
  readonly shell: ReadonlyMap<string, string>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** A person can be asked: standard input and standard error are terminals. */
  readonly isInteractive: boolean;
  /** Starts nothing new: the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  /** Aborts what is running: the second, or ten seconds later. */
  readonly signal: AbortSignal;
  readonly prompt: Prompt;
  readonly run: Run;
  readonly openLog: (options: LogOptions) => Promise<Log>;
  readonly openFiles: (root: string) => Files;
  /** What earlier runs found in the texts of a project's folder of migrations. */
  readonly openTextCache: (root: string, folder: string) => TextCache;
  /** What earlier runs understood of Compose files. */
  readonly composeCache: Cache;
  /** Whether there is such a file, anywhere. */
  readonly exists: (path: string) => boolean;
  readonly secrets: SecretSources;
  /** Where state is kept: beside the project, or where POSTSTACK_STATE_DIR says. */
  readonly stateRoot: (root: string) => string;
  readonly openState: (root: string, environment: string) => State;
  readonly openEngine: (root: string, environment: string, log: Log) => EnginePorts;
  /** Address of the container engine when it is on another machine; undefined: it is on this one, or there is none. */
  readonly farEngine: () => string | undefined;
  /** Of the environment with this state directory. */
  readonly openLogs: (directory: string) => LogFiles;
  readonly machine: Machine;
  readonly hostLock: HostLock;
  /** The images that come with Poststack, each after the one that it is built from. */
  readonly shippedImages: () => readonly ShippedImage[];
  readonly watchFiles: (watched: Watched, wake: () => void) => FileWatcher;
  /** Runs a program with this terminal as its own, to its end: `psql`, an editor. Gives the exit code. */
  readonly runForeground: (
    command: readonly [string, ...string[]],
    environment: ReadonlyMap<string, Text>,
  ) => Promise<number>;
  /** A line on standard output with its secrets in plain: only where the person asked to see them. */
  readonly printSecret: (line: Text) => void;
  /**
   * Writes files into a project, by paths from its root, and makes their folders. Refuses to leave it by a link.
   */
  readonly writeProjectFiles: (
    root: string,
    texts: ReadonlyMap<string, string>,
    options: { readonly overwrite: boolean },
  ) => void;
  /** Writes a file of the user's where the user says: a saved plan. Refuses to overwrite unless told. */
  readonly writeFile: (path: string, text: string, options: { readonly overwrite: boolean }) => void;
}

export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly columns: number;
  /** Whether colours may be used: a terminal, NO_COLOR and FORCE_COLOR considered. */
  readonly hasColours: boolean;
  /** For a library that draws on a terminal itself. */
  readonly stream: NodeJS.WriteStream;
  /** Aborts when nobody reads it any more. */
  readonly gone: AbortSignal;
}

interface Prompt {
  confirm(question: string): Promise<boolean>;
  /** What the person typed. */
  text(question: string): Promise<string>;
}

export interface LogOptions {
  readonly level: "silent" | "warn" | "info" | "debug";
  readonly format: "text" | "json";
}
