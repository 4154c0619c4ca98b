import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { basename, join } from "node:path";
import { hasCode, proveRemovable, proveWritable, unlessUnwritable, writeAtomically } from "../atomic-file.ts";
import type { Log } from "../../core/ports.ts";
import type { ProcessRecord } from "../../core/ports/host.ts";

/** What is kept of a process that was started: enough to know it again, nothing secret. */
export interface StoredRecord extends Omit<ProcessRecord, "running"> {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
}

/** The records of one environment, `<folder>/<name>.json`, one file each so that two processes never share a write. */
export class Records {
  readonly #folder: string;
  readonly #log: Log;

  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Sorted by resource. A file that is not a record is left out and logged: it stops only itself. */
  all(): readonly StoredRecord[] {
    let names: readonly string[];
    try {
      names = readdirSync(this.#folder).sort();
    } catch (error) {
      if (hasCode(error, "ENOENT")) return [];
      throw error;
    }
    return names.flatMap((name) => (name.endsWith(ending) ? (this.#readFile(join(this.#folder, name)) ?? []) : []));
  }

  read(resource: string): StoredRecord | undefined {
    return this.#readFile(this.#path(resource));
  }

  /** @throws PoststackError `DISK_FULL`, `STATE_UNWRITABLE` */
  write(record: StoredRecord): void {
    this.#makeFolder();
    writeAtomically(this.#path(record.resource), render(record, this.#folder));
  }

  /** Before a process is ended for its successor: that one's record can be written. @throws as {@link write} */
  proveWritable(record: StoredRecord): void {
    this.#makeFolder();
    proveWritable(this.#path(record.resource), render(record, this.#folder));
  }

  /** Before a process is ended for good. @throws PoststackError `STATE_UNWRITABLE` */
  proveRemovable(): void {
    proveRemovable(this.#folder);
  }

  #makeFolder(): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw unlessUnwritable(error, this.#folder);
    }
  }

  /** Unless another process has taken the record's place. @throws PoststackError `STATE_UNWRITABLE` */
  remove({ resource, pid, startTime }: Pick<StoredRecord, "resource" | "pid" | "startTime">): void {
    const present = this.read(resource);
    if (present !== undefined && (present.pid !== pid || present.startTime !== startTime)) return;
    const path = this.#path(resource);
    try {
      rmSync(path, { force: true });
    } catch (error) {
      throw unlessUnwritable(error, path);
    }
  }

  #path(resource: string): string {
    // Names come from a grammar without separators; should one ever get through, it stays inside the folder.
    return join(this.#folder, `${encodeURIComponent(nameIn(resource))}${ending}`);
  }

  #readFile(path: string): StoredRecord | undefined {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if (hasCode(error, "ENOENT")) return undefined;
      this.#log.warn({ path, error: String(error) }, "process record cannot be read");
      return undefined;
    }
    const { record, folder } = parse(text);
    // In a copy of a project the processes are the original's. A project that was moved has none elsewhere.
    if (folder !== undefined && folder !== this.#folder && existsSync(join(folder, basename(path)))) return undefined;
    if (record === undefined || this.#path(record.resource) !== path) {
      this.#log.warn({ path }, "process record is not one");
      return undefined;
    }
    return record;
  }
}

const ending = ".json";
const version = 1;
const nameIn = (resource: string): string => resource.slice(resource.indexOf(":") + 1);

const render = ({ fields, startedAt, ...rest }: StoredRecord, folder: string): string =>
  // fromEntries defines its keys, so that `__proto__` is a key like any other (RELIABILITY 38).
  `${JSON.stringify({ version, folder, ...rest, fields: Object.fromEntries(fields), startedAt: startedAt.toISOString() }, null, 2)}\n`;

/** Total: whatever the text is, the answer is a record, with the folder that it was written in, or nothing. */
function parse(text: string): { readonly record?: StoredRecord | undefined; readonly folder?: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof value !== "object" || value === null) return {};
  const at = new Map<string, unknown>(Object.entries(value));
  if (at.get("version") !== version) return {};
  const folder = at.get("folder");
  return { record: recordIn(at), ...(typeof folder === "string" ? { folder } : {}) };
}

function recordIn(at: ReadonlyMap<string, unknown>): StoredRecord | undefined {
  const resource = at.get("resource");
  const pid = at.get("pid");
  const startTime = at.get("startTime");
  const configHash = at.get("configHash");
  const command = at.get("command");
  const cwd = at.get("cwd");
  const logFile = at.get("logFile");
  const logStart = at.get("logStart");
  const stopSignal = at.get("stopSignal");
  const stopGraceMs = at.get("stopGraceMs");
  const startedAt = new Date(typeof at.get("startedAt") === "string" ? String(at.get("startedAt")) : Number.NaN);
  const accepted = at.get("accepted");
  const fields = fieldsIn(at.get("fields"));
  if (
    typeof resource !== "string" ||
    typeof pid !== "number" ||
    !Number.isSafeInteger(pid) ||
    pid < 0 ||
    typeof startTime !== "string" ||
    typeof configHash !== "string" ||
    !isCommand(command) ||
    typeof cwd !== "string" ||
    typeof logFile !== "string" ||
    typeof logStart !== "number" ||
    !(logStart >= 0) ||
    !isSignal(stopSignal) ||
    typeof stopGraceMs !== "number" ||
    !(stopGraceMs >= 0) ||
    Number.isNaN(startedAt.getTime()) ||
    typeof accepted !== "boolean" ||
    fields === undefined
  ) {
    return undefined;
  }
  return {
    resource,
    pid,
    startTime,
    configHash,
    command,
    cwd,
    logFile,
    logStart,
    stopSignal,
    stopGraceMs,
    startedAt,
    accepted,
    fields,
  };
}

function fieldsIn(value: unknown): ReadonlyMap<string, string> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  return entries.every(hasText) ? new Map(entries) : undefined;
}

const hasText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === "string";

const isCommand = (value: unknown): value is readonly [string, ...string[]] =>
  Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === "string");

const isSignal = (value: unknown): value is NodeJS.Signals =>
  typeof value === "string" && Object.hasOwn(constants.signals, value);
