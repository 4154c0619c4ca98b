import type { Backups } from "./ports/backups.ts";
import type { ContainerEngine } from "./ports/containers.ts";
import type { EmbeddedServers } from "./ports/embedded.ts";
import type { Files } from "./ports/files.ts";
import type { Host } from "./ports/host.ts";
import type { Passwords, Postgres, Server } from "./ports/postgres.ts";
import type { SqlParser } from "./ports/sql-parser.ts";
import type { State } from "./ports/state.ts";

/** The world, as an argument. Core owns these interfaces; `adapters/` implement them. */
export interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly files: Files;
  readonly state: State;
  readonly host: Host;
  readonly embedded: EmbeddedServers;
  readonly backups: Backups;
  readonly containers: ContainerEngine;
  readonly postgres: Postgres;
  readonly passwords: Passwords;
  readonly parser: SqlParser;
  readonly server: Server;
  /**
   * Tells a person what goes on inside a long action: one short line, replaced by the next.
   *
   * @param waitsFor who stands in the way, by the name that stays while the line changes: `pid 812`
   */
  readonly progress: (line: string, waitsFor?: string) => void;
}

export interface Clock {
  /** Monotonic milliseconds: for durations and deadlines, never for dates. */
  nowMs(): number;
  date(): Date;
  /** Rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** In [0, 1): jitter. */
  random(): number;
}

/** Log text is constant, facts are fields. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}
