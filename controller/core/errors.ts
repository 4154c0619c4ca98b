import { renderPlace, type Place } from "./place.ts";

/**
 * What a caller may do about an error (RELIABILITY 33).
 * retryable: may pass by itself · unknown: may have happened, look first · terminal: needs a person or a new file ·
 * stalled: retryable for too long · locked: another writer · refused: policy or a missing confirmation ·
 * interrupted: a signal asked for the end
 */
export type ErrorClass = "retryable" | "unknown" | "terminal" | "stalled" | "locked" | "refused" | "interrupted";

/** Every code with its class and one line for the table in the README, which a test compares with this one. */
export const errorCodes = {
  // configuration
  CONFIG_MISSING: ["terminal", "no `.poststack.yml` here or in any folder above"],
  CONFIG_SYNTAX: ["terminal", "the file is not YAML (or not UTF-8)"],
  CONFIG_DUPLICATE_KEY: ["terminal", "one map holds the same key twice"],
  CONFIG_UNKNOWN_KEY: ["terminal", "a key that Poststack does not know; the nearest known one is named"],
  CONFIG_TYPE: ["terminal", "a value of the wrong type or form"],
  CONFIG_LIMIT: ["terminal", "the file is larger, deeper or has more aliases than allowed"],
  CONFIG_CLASH: ["terminal", "two environments claim the same port, database or name"],
  CONFIG_EXTENDS: ["terminal", "`extends` names nothing, or itself by a circle"],
  NOT_YET: ["terminal", "a key whose resource kind this version does not have"],
  FILE_MISSING: ["terminal", "a file that the configuration names does not exist"],
  FILE_UNREADABLE: ["terminal", "a file cannot be read, is not a regular file or is too large"],
  FILE_EXISTS: ["terminal", "a file that would be written is there already"],
  PATH_OUTSIDE: ["terminal", "a path leaves the project, also by a symbolic link"],
  ENV_FILE_SYNTAX: ["terminal", "an env file that does not parse"],
  ENVIRONMENT_UNKNOWN: ["terminal", "no environment of that name, or none chosen among several"],
  VARIABLE_UNDEFINED: ["terminal", "`${NAME}` without a value and without a default"],
  VARIABLE_CYCLE: ["terminal", "variables that are made of each other"],
  VARIABLE_SYNTAX: ["terminal", "a `${…}` that does not parse"],
  VARIABLE_REQUIRED: ["terminal", "`${NAME:?message}` without a value"],
  SECRET_UNREADABLE: ["terminal", "a secret's file, variable or command gives nothing"],
  SECRET_EXPOSED: ["terminal", "a secret's file can be read by others"],
  PROCFILE_SYNTAX: ["terminal", "a line of the Procfile is not `name: command`"],
  COMPOSE_EMPTY: ["terminal", "a Compose file that says nothing"],
  COMPOSE_NAME: ["terminal", "a name in a Compose file that has letters which a name may not have"],
  COMPOSE_IMAGE: ["terminal", "a service with neither an image nor a way to build one"],
  COMPOSE_REFERENCE: ["terminal", "a service names a service, network, volume, config or secret that is not there"],
  COMPOSE_CONFLICT: ["terminal", "two parts of a Compose project exclude or contradict each other"],
  COMPOSE_REFUSED: ["terminal", "a key or value of Compose that Poststack does not carry out"],
  DEPENDENCY_CYCLE: ["terminal", "resources that wait for each other"],
  TARGET_UNKNOWN: ["terminal", "`--target` or `--exclude` names no resource of this environment"],
  USAGE: ["terminal", "an argument or option that the command does not take"],
  // state
  STATE_LOST: ["terminal", "the state directory lost what it had recorded for this environment"],
  STATE_NEWER: ["terminal", "the state was written by a newer Poststack"],
  STATE_UNWRITABLE: ["terminal", "the state directory cannot be written"],
  SECRET_LOST: ["terminal", "a generated password is in use but no longer on disk"],
  DISK_FULL: ["terminal", "no space left on the device"],
  // instance
  POSTGRES_MISSING: ["terminal", "no Postgres binaries of the asked version, and none could be fetched"],
  POSTGRES_START: ["terminal", "the server did not start; the end of its log is shown"],
  POSTGRES_UNREACHABLE: ["retryable", "nothing answers at the server's address"],
  POSTGRES_BUSY: ["retryable", "the server is starting, stopping or has no free connection"],
  POOLER_DETECTED: ["terminal", "a connection pooler that keeps no sessions stands before the server"],
  POSTGRES_LOGIN: ["terminal", "the server refuses the login"],
  POSTGRES_QUERY: ["terminal", "a statement failed"],
  POSTGRES_CONFLICT: ["retryable", "a deadlock, a serialization failure or a lock that was not granted in time"],
  POSTGRES_LOCKED: ["stalled", "another session holds a lock that was not granted after all retries"],
  POSTGRES_CONNECTION_LOST: ["unknown", "the connection broke after something was sent"],
  PARAMETER_INVALID: ["terminal", "a server parameter that does not exist or cannot take the value"],
  PORT_TAKEN: ["terminal", "another program listens on the port"],
  ADDRESS_TAKEN: ["terminal", "another container has the address on the network"],
  MAJOR_UPGRADE: ["terminal", "the data belongs to another major version of Postgres"],
  DATABASE_REPLACED: ["terminal", "another cluster answers than the one that was recorded"],
  // objects in the server
  NAME_TAKEN: ["terminal", "the name belongs to something that Poststack did not make"],
  ROLE_OWNS_OBJECTS: ["terminal", "a role that owns objects is not dropped"],
  EXTENSION_MISSING: ["terminal", "the server has no extension of that name or version"],
  EXTENSION_IN_USE: ["terminal", "an extension that other objects use is not dropped"],
  LEDGER_NEWER: ["terminal", "the tables in schema poststack were made by a newer Poststack"],
  ROLE_MISSING: ["terminal", "a role that the files name, but neither make nor find in the server"],
  OBJECT_MISSING: ["terminal", "privileges on a table, sequence, function or schema that does not exist"],
  PRIVILEGE_UNKNOWN: ["terminal", "a privilege that objects of this type do not have in this version of Postgres"],
  NOT_PERMITTED: ["terminal", "the admin login may not do what the files ask for"],
  // migrations
  MIGRATION_NAME: ["terminal", "a file name that is not a migration's, or one version twice"],
  MIGRATION_HEADER: ["terminal", "a `-- poststack:` line of a migration that means nothing, or marks of another tool"],
  MIGRATION_EDITED: ["terminal", "an applied migration's file has changed"],
  MIGRATION_MISSING: ["terminal", "an applied migration's file is gone, or the ledger is ahead of the files"],
  MIGRATION_ORDER: ["terminal", "a new migration sorts before one that is applied"],
  MIGRATION_GAP: ["terminal", "a version number is skipped"],
  MIGRATION_TRANSACTION: ["terminal", "transaction control inside a migration"],
  MIGRATION_META_COMMAND: ["terminal", "a psql command (`\\i`, `\\copy` …) inside a migration"],
  LINT_FAILED: ["refused", "a migration breaks a rule that is an error in this environment; nothing was changed"],
  MIGRATION_FAILED: ["terminal", "a statement failed; nothing of the file remains"],
  MIGRATION_INTERRUPTED: ["terminal", "a migration ended its own transaction, or what it left cannot be verified"],
  MIGRATION_HELD: ["retryable", "something was started beside a contract that was about to run"],
  MIGRATION_LOCKED: ["stalled", "a lock was not granted after all retries"],
  SCHEMA_NOT_COPIED: [
    "terminal",
    "a schema that cannot be made anew elsewhere, so nothing can be rehearsed, or compared",
  ],
  SCHEMA_DRIFT: ["refused", "the schema was changed by hand, or nobody can tell, and the policy refuses that"],
  MIGRATION_UNKNOWN: ["terminal", "no migration of that version"],
  ROLLBACK_REQUIRED: ["terminal", "the target lies before what is applied; only `db rollback` goes back"],
  ROLLBACK_MISSING: ["terminal", "a migration to be rolled back has no rollback file"],
  BASELINE_REQUIRED: ["terminal", "the database is not empty and has no ledger"],
  // backups
  BACKUP_TOOLS: ["terminal", "no `pg_dump` and `pg_restore` of the server's version, or newer ones"],
  BACKUP_FAILED: ["terminal", "`pg_dump`, `pg_restore` or a copy of the server failed; its last lines are shown"],
  BACKUP_MISSING: ["terminal", "no backup of that name"],
  BACKUP_BROKEN: ["terminal", "a backup is not what it was when it was verified, or nobody ever verified it"],
  BACKUP_UNFIT: ["terminal", "a backup of a newer server, or with a newer ledger, or a copy of another server"],
  BACKUP_IMPOSSIBLE: ["refused", "`backup.gate` asks for a backup before data is deleted, and none can be taken"],
  // jobs and processes
  JOB_FAILED: ["terminal", "a job ended with another exit code than 0"],
  JOB_TIMEOUT: ["terminal", "a job ran longer than its `timeout:`"],
  PROCESS_EXITED: ["terminal", "a process ended right after its start"],
  PROCESS_NOT_READY: ["stalled", "a process runs but its `ready:` check does not pass"],
  COMMAND_MISSING: ["terminal", "the program to run does not exist or may not be run"],
  // container engine
  ENGINE_MISSING: ["terminal", "no container engine was found; what was tried is named"],
  ENGINE_UNREACHABLE: ["retryable", "the container engine does not answer"],
  ENGINE_LOGIN: ["terminal", "the container engine refuses this client, or cannot prove who it is (TLS, ssh)"],
  ENGINE_CONNECTION_LOST: ["unknown", "the connection to the container engine broke after something was sent"],
  ENGINE_BUSY: ["retryable", "the container engine failed inside, or is still at something else"],
  ENGINE_TOO_OLD: ["terminal", "the container engine is older than Docker 20.10 or Podman 4"],
  PROVIDER_CHANGED: ["terminal", "the environment's Postgres is a container, and the files ask for another provider"],
  ENGINE_CHANGED: ["terminal", "another container engine answers than the one that holds the environment's containers"],
  ENGINE_LACKS: ["terminal", "this container engine, or its version, cannot do what the files ask for"],
  ENGINE_REFUSED: ["terminal", "the container engine does not accept what it was asked for; its own words are shown"],
  ENGINE_OBJECT_GONE: ["retryable", "a container, network or volume that was just there is gone"],
  ENGINE_OBJECT_IN_USE: ["terminal", "a container, network, volume or image that others still use is not removed"],
  IMAGE_MISSING: ["terminal", "an image that is neither here nor in its registry"],
  REGISTRY_LOGIN: ["terminal", "the registry wants a login, or refuses the one it got"],
  PULL_FAILED: ["retryable", "an image did not arrive"],
  EXTERNAL_MISSING: ["terminal", "a network or volume that the files call external does not exist"],
  VOLUME_CHANGED: ["terminal", "a volume holds data with other settings than the files ask for"],
  UNHEALTHY: ["stalled", "a container was started and did not become healthy, or did not stay up"],
  DEPENDENCY_FAILED: ["terminal", "what a service waits for did not become healthy, or did not succeed"],
  HOOK_FAILED: ["terminal", "a command of `post_start` or `pre_stop` failed"],
  BUILD_FAILED: ["terminal", "a step of the build failed; its last lines are shown"],
  // the pass
  PLAN_STALE: ["terminal", "the world or the files changed since the plan was saved"],
  PLAN_REFUSED: ["terminal", "the plan holds something that may not be done; nothing was changed"],
  NOT_CONVERGED: ["stalled", "after the last pass there is still something to do"],
  TIMEOUT: ["unknown", "a call took longer than its limit"],
  LOCK_HELD: ["locked", "another Poststack works on this environment"],
  FENCED: ["locked", "another Poststack took over while this one was asleep"],
  CONFIRMATION: ["refused", "a confirmation is missing: `--yes`, a plan file or the typed name"],
  PROTECTED: ["refused", "the environment is protected"],
  INTERRUPTED: ["interrupted", "a signal asked Poststack to stop"],
  INTERNAL: ["terminal", "a fault in Poststack itself"],
} as const satisfies Record<string, readonly [ErrorClass, string]>;

export type ErrorCode = keyof typeof errorCodes;

/** What an error says: plain data, so that a refused action and a JSON answer can carry it. */
export interface ErrorFacts {
  readonly code: ErrorCode;
  /** What happened, as a sentence without a full stop. Never a secret. */
  readonly what: string;
  readonly where?: Place;
  /** The next step for the person who reads it. */
  readonly next?: string;
  /** Lines that help to understand: the end of a log, the statement, the holder of a lock. */
  readonly details?: readonly string[];
}

/** The one error of Poststack. Foreign errors become one in the adapter that meets them, with `cause`. */
export class PoststackError extends Error {
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, facts: Omit<ErrorFacts, "code">, options?: { readonly cause?: unknown }) {
    super(facts.what, options);
    this.name = "PoststackError";
    this.facts = { code, ...facts };
  }

  get code(): ErrorCode {
    return this.facts.code;
  }

  get errorClass(): ErrorClass {
    return classOf(this.code);
  }
}

/** Several errors at once: all that is wrong with a configuration, sorted by place. */
export class PoststackErrors extends Error {
  readonly errors: readonly PoststackError[];

  constructor(errors: readonly PoststackError[]) {
    super(errors.map((error) => error.message).join("; "));
    this.name = "PoststackErrors";
    this.errors = errors;
  }
}

export const classOf = (code: ErrorCode): ErrorClass => errorCodes[code][0];

export const fromFacts = ({ code, ...facts }: ErrorFacts, options?: { readonly cause?: unknown }): PoststackError =>
  new PoststackError(code, facts, options);

/** Any thrown value as errors of ours; what is not ours is a fault in Poststack. */
export function errorsOf(thrown: unknown): readonly PoststackError[] {
  if (thrown instanceof PoststackErrors) return thrown.errors;
  if (thrown instanceof PoststackError) return [thrown];
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  return [
    new PoststackError(
      "INTERNAL",
      { what, next: "please report this with the output of the same command under -vv" },
      { cause: thrown },
    ),
  ];
}

/** The error in plain text, three lines and its details (STYLE 5). */
export function renderError({ code, what, where, next, details = [] }: ErrorFacts): string {
  return [
    `error ${code}: ${what}`,
    ...(where === undefined ? [] : [`  at ${renderPlace(where)}`]),
    ...details.map((line) => `  | ${line}`),
    ...(next === undefined ? [] : [`  next: ${next}`]),
  ].join("\n");
}
