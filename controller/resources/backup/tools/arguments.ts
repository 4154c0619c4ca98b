import { PoststackError } from "../../../core/errors.ts";
import type { RestoreWish } from "../tools.ts";

/** Milliseconds for one run of a program: terabytes take hours, and none takes a day. */
export const runLimitMs = 24 * 3_600_000;

/** What `pg_stat_activity` calls the sessions of these programs; Poststack's own are called after the command. */
export const programName = "poststack backup";

/** Milliseconds that pg_dump waits for a table that somebody alters, before it tells (manual: --lock-wait-timeout). */
const lockWaitMs = 60_000;

/** A connection string of one word: a name with `=` in it would be taken for more than a name (manual: 34.1.1). */
const databaseArgument = (name: string): string =>
  `--dbname=dbname='${name.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

export const dumpArguments = (database: string, file: string): readonly string[] => [
  "--format=custom",
  "--no-password",
  `--lock-wait-timeout=${lockWaitMs}`,
  `--file=${file}`,
  databaseArgument(database),
];

export const listArguments = (file: string): readonly string[] => ["--list", file];

/**
 * Everything belongs to who logs in. A subscription would pull the same changes into two databases; labels are a matter of
 * the server's policy.
 */
export const restoreArguments = ({ database, withPrivileges }: RestoreWish, list: string, file: string) => [
  "--no-password",
  "--exit-on-error",
  "--no-owner",
  "--no-subscriptions",
  "--no-security-labels",
  ...(withPrivileges ? [] : ["--no-privileges"]),
  `--use-list=${list}`,
  databaseArgument(database),
  file,
];

/** What a program that failed said last, as one error. */
export function toolFailed(program: string, output: readonly string[]): PoststackError {
  const details = output.slice(-10);
  if (output.some((line) => line.includes("No space left on device"))) {
    return new PoststackError("DISK_FULL", {
      what: `no space left for what ${program} writes`,
      details,
      next: "make room on that disk and run the command again",
    });
  }
  return new PoststackError("BACKUP_FAILED", {
    what: `${program} failed: ${details.findLast((line) => /error/i.test(line)) ?? details.at(-1) ?? "it said nothing"}`,
    details,
    next: "solve what it says and run the command again; the environment's database is as it was",
  });
}

export const noArchive = (file: string, output: readonly string[]): PoststackError =>
  new PoststackError("BACKUP_BROKEN", {
    what: `${file} is no archive of pg_dump's custom format`,
    details: output.slice(-10),
    next: "use another backup",
  });

export const tookTooLong = (program: string): PoststackError =>
  new PoststackError("TIMEOUT", {
    what: `${program} did not end within ${runLimitMs / 3_600_000} hours`,
    next: "see what keeps the server busy",
  });
