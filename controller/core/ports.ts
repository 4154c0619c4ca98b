import type { Secret, Text } from "./secret.ts";
import type { Place } from "./place.ts";

/** The world, as an argument. Core owns these interfaces; `adapters/` implement them. */
export interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly files: Files;
  readonly state: State;
  readonly host: Host;
  readonly embedded: EmbeddedServers;
  readonly postgres: Postgres;
  readonly passwords: Passwords;
  readonly parser: SqlParser;
  readonly server: Server;
  /** Tells a person what goes on inside a long action: one short line, replaced by the next. */
  readonly progress: (line: string) => void;
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

/** Files of the project: regular files inside it only, by paths relative to its root or absolute. */
export interface Files {
  readonly root: string;
  /**
   * @throws PoststackError `FILE_MISSING`, `FILE_UNREADABLE` (not regular, not UTF-8, larger than `limitBytes`), `PATH_OUTSIDE`
   */
  read(path: string, options: ReadOptions): string;
  /** Bytes, for hashing. Same errors. */
  readBytes(path: string, options: ReadOptions): Buffer;
  /** Names in a folder, sorted; empty when it does not exist. @throws PoststackError `PATH_OUTSIDE`, `FILE_UNREADABLE` */
  list(path: string): readonly string[];
  exists(path: string): boolean;
  /** @throws PoststackError `PATH_OUTSIDE` */
  isFolder(path: string): boolean;
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

// ---------------------------------------------------------------- state

/** What cannot be observed about one environment (RELIABILITY 18), in `.poststack/<environment>/state.json`. */
export interface StateFacts {
  /** 128 random bits, hex: what makes an object ours. */
  readonly owner: string;
  /** Generated passwords by name (`role:app`, `instance:postgres`). `next` while a rotation is under way. */
  readonly secrets: ReadonlyMap<string, { readonly current: Secret; readonly next?: Secret }>;
  /** The cluster that held this environment's data last. */
  readonly systemIdentifier?: string;
}

export interface State {
  /** The environment's directory, absolute, made with mode 0700 on the first write. */
  readonly directory: string;
  /**
   * Undefined when nothing was ever recorded.
   * @throws PoststackError `STATE_LOST` (unreadable, bad checksum), `STATE_NEWER`
   */
  read(): StateFacts | undefined;
  /** Makes owner token and missing secrets, on disk before it returns (RELIABILITY 16). Never replaces one. */
  ensure(secretNames: readonly string[]): StateFacts;
  recordSystemIdentifier(identifier: string): void;
  /** Forgets the environment: after its data is gone. */
  remove(): void;
}

/** One writer per environment and host; the system frees it when its holder dies (RELIABILITY 28). */
export interface HostLock {
  /**
   * Waits while another process holds it, telling `onWait` who that is, once.
   * @throws PoststackError `LOCK_HELD` after `timeoutMs`
   */
  take(
    name: string,
    timeoutMs: number,
    onWait: (holder: string) => void,
    signal: AbortSignal,
  ): Promise<{ readonly release: () => Promise<void> }>;
}

// ---------------------------------------------------------------- Postgres

export interface Login {
  readonly user: string;
  readonly password: Secret;
}

/** How to reach one environment's server. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** TLS as libpq's sslmode says it; `disable` for loopback. */
  readonly sslmode: "disable" | "prefer" | "require" | "verify-ca" | "verify-full";
  /** The environment's own database. */
  readonly database: string;
  /** Where to connect while it does not exist, and where the lock is taken. */
  readonly maintenanceDatabase: string;
  /** Superuser, or the most powerful login that an external server grants. */
  readonly admin: Login;
  /** Owner of the database; migrations run as this one. */
  readonly owner: Login;
}

/**
 * One environment's server, during one pass. Sessions are opened on first use, shared by all kinds and closed by the
 * engine. In a pass that applies, the first session for writing takes the Postgres lock before it is handed out.
 */
export interface Server {
  /** As admin, in the environment's database; undefined while that does not exist. */
  database(signal: AbortSignal): Promise<Session | undefined>;
  /** As admin, in the environment's database or else in the maintenance database: for roles and databases. */
  admin(signal: AbortSignal): Promise<Session>;
  /** As owner, in the environment's database: for migrations. Never superuser. */
  owner(signal: AbortSignal): Promise<Session>;
  /** As admin, in the maintenance database, a session of its own: for DROP DATABASE. Closed by the caller. */
  maintenance(signal: AbortSignal): Promise<Session>;
  /** A login of its own, to prove that it works. Closed by the caller. */
  login(login: Login, database: string, signal: AbortSignal): Promise<Session>;
  /** The number that this writer raised the fence to; 0 before the ledger exists or in a pass that only reads. */
  fence(): number;
  /** Forgets open sessions: after a restart of the server or after CREATE DATABASE. The next use connects again. */
  reset(): Promise<void>;
}

export type SqlValue = string | number | bigint | boolean | null | Date | readonly SqlValue[];
export type Row = Readonly<Record<string, unknown>>;

/** The only way to a server: one connection each call. */
export interface Postgres {
  /**
   * Limits of RELIABILITY 31: 5 s to connect. Sets `client_connection_check_interval` where the server knows it, and
   * `application_name`.
   * @throws PoststackError `POSTGRES_UNREACHABLE`, `POSTGRES_BUSY`, `POSTGRES_LOGIN`, `POSTGRES_QUERY` (3D000: no such database)
   */
  connect(endpoint: Endpoint, login: Login, database: string, signal: AbortSignal): Promise<Session>;
}

export interface Session {
  /** Backend process id, for messages and cancelling. */
  readonly pid: number;
  /** Server version as `server_version_num` gives it: 150018. */
  readonly version: number;
  /** Aborts when the connection is lost without having been closed. */
  readonly lost: AbortSignal;
  /**
   * One statement with parameters. Aborting cancels it on the server.
   * @throws PoststackError by SQLSTATE class, its `cause` a {@link SqlFailure}
   */
  query(sql: string, values: readonly SqlValue[], signal: AbortSignal): Promise<readonly Row[]>;
  /**
   * Several statement strings, each sent as one simple query, all sent before the first answer is read. A failure makes
   * the ones after it fail too when they stand in the same transaction; the first failure is thrown.
   * @throws PoststackError, its `cause` a {@link SqlFailure} with `message` = index of the string that failed
   */
  pipeline(strings: readonly string[], signal: AbortSignal): Promise<readonly (readonly Row[])[]>;
  close(): Promise<void>;
}

/** What the server said of a statement that failed. */
export interface SqlFailure {
  readonly sqlState: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** 1-based, in characters (code points), inside the string that was sent. */
  readonly position?: number;
  readonly constraint?: string;
  /** For `pipeline`: which string failed; and how many statements of that string had completed before. */
  readonly string?: number;
  readonly completed?: number;
}

/** What Postgres keeps in place of a password, made and compared here, so that the server never sees one (RELIABILITY 35). */
export interface Passwords {
  /** A SCRAM-SHA-256 verifier with a salt of its own. @throws PoststackError `SECRET_UNREADABLE`: the password is empty */
  verifier(password: Secret): string;
  /** Whether the password gives this verifier. False for anything that is not a SCRAM-SHA-256 verifier. */
  matches(password: Secret, verifier: string): boolean;
}

/** Reads SQL without a server. Loaded on first use: most passes never need it. */
export interface SqlParser {
  /**
   * The text's statements. Where the grammar (Postgres 18's) does not know them, they are told by their words alone.
   * Undefined when not even the words can be told apart: an open quote or comment, which no server accepts.
   */
  parse(text: string): Promise<ParsedSql | undefined>;
}

export interface ParsedSql {
  readonly statements: readonly SqlStatement[];
  /** Where a backslash stands outside of quotes and comments: psql's commands, never SQL. */
  readonly backslash?: number;
}

/** One statement. Offsets are in UTF-16 code units from the start of the text that was parsed. */
export interface SqlStatement {
  readonly text: string;
  readonly start: number;
  readonly kind:
    /** BEGIN or COMMIT under any of their names, without options. */
    | { readonly is: "begin" | "commit" }
    /** SAVEPOINT, ROLLBACK, PREPARE TRANSACTION, COMMIT AND CHAIN, BEGIN ISOLATION LEVEL … */
    | { readonly is: "transaction-control" }
    /** SET TRANSACTION ISOLATION LEVEL: must come before the first query. */
    | { readonly is: "isolation"; readonly level: string }
    /** COPY … FROM STDIN: its data would have to follow in the protocol. */
    | { readonly is: "copy-from-client" }
    /** SET or RESET for the session. */
    | { readonly is: "setting" }
    /** CREATE INDEX CONCURRENTLY; without a name the server chooses one. Names as regclass reads them. */
    | { readonly is: "build-index"; readonly name?: string; readonly table: string; readonly ifNotExists: boolean }
    /** DROP INDEX CONCURRENTLY */
    | { readonly is: "drop-index"; readonly name: string }
    /** Does the same when it runs again: VACUUM, ANALYZE, REINDEX, ALTER SYSTEM, REFRESH MATERIALIZED VIEW. */
    | { readonly is: "repeatable" }
    | { readonly is: "other" };
}

// ---------------------------------------------------------------- embedded servers

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
  /** Deletes the data directory: only with the leave for it. */
  remove(spec: EmbeddedSpec, signal: AbortSignal): Promise<void>;
}

// ---------------------------------------------------------------- processes of this host

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
  /** Looks for program and folder and starts nothing. @throws PoststackError `COMMAND_MISSING` */
  check(spec: SpawnSpec): void;
  /**
   * Starts a detached process group, its record on disk when this returns, not yet accepted. Ends first what is left of
   * an earlier start, also when no record tells of it (a crash between start and record). The same process running
   * already is success.
   * @throws PoststackError `COMMAND_MISSING`, before anything is started or ended
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
  /** Signal to the group, grace, SIGKILL; then the record is removed. Gone already is success. */
  stop(record: ProcessRecord, signal: AbortSignal): Promise<void>;
  /** Runs to its end, output to the log file. Aborting ends the group. */
  run(spec: SpawnSpec, timeoutMs: number, signal: AbortSignal): Promise<RunResult>;
  /** Who listens on the port; undefined: nobody, or the host is not this machine. */
  portHolder(host: string, port: number, signal: AbortSignal): Promise<PortHolder | undefined>;
  /** One readiness probe: true when it passes. */
  probe(probe: Probe, environment: ReadonlyMap<string, Text>, cwd: string, signal: AbortSignal): Promise<boolean>;
  /** The last lines of a log file, at most `lines` and 64 KiB, and none from before byte `from`. */
  tail(logFile: string, lines: number, from?: number): readonly string[];
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

export interface RunResult {
  /** Undefined when a signal or the timeout ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly durationMs: number;
}

// ---------------------------------------------------------------- logs

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

// ---------------------------------------------------------------- this machine

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
