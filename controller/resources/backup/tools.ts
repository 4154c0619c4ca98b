import type { Ports } from "../../core/ports.ts";
import type { DesiredBackup, Programs } from "./model.ts";
import { inContainer } from "./tools/in-container.ts";
import { onMachine } from "./tools/on-machine.ts";

/** An archive that is open to `pg_restore`. */
export interface Archive {
  /** Its list of contents. @see countEntries */
  readonly list: string;
  /**
   * Restores the listed entries into a database that is there, as the owner of the environment's database, to whom all of
   * it belongs then (RELIABILITY 23): what a dump holds runs with no more rights than a migration has.
   *
   * @throws PoststackError `BACKUP_FAILED`, `DISK_FULL`, `TIMEOUT`
   */
  restore(wish: RestoreWish): Promise<void>;
}

export interface RestoreWish {
  readonly database: string;
  /** As {@link restorable} leaves it. */
  readonly list: string;
  /** Also who may do what with the objects. */
  readonly withPrivileges: boolean;
}

/** `pg_dump` and `pg_restore`, wherever they run. */
export interface Toolbox {
  /** Major version. @throws PoststackError `BACKUP_TOOLS` */
  version(): Promise<number>;
  /**
   * Dumps the environment's database into the file, which is there and empty, and reads its list of contents back.
   *
   * @throws PoststackError `BACKUP_FAILED`, `DISK_FULL`, `TIMEOUT`
   */
  dump(file: string): Promise<{ readonly list: string }>;
  /** Opens a file for as long as `run` takes. @throws PoststackError `BACKUP_BROKEN` (no archive), and what `run` throws */
  withArchive<T>(file: string, run: (archive: Archive) => Promise<T>): Promise<T>;
}

export const toolbox = (tools: Programs, desired: DesiredBackup, ports: Ports, signal: AbortSignal): Toolbox =>
  tools.on === "machine" ? onMachine(tools, desired, ports, signal) : inContainer(tools, desired, ports, signal);
