import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  constants,
  fchownSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { EmbeddedSpec } from "../../core/ports/embedded.ts";
import type { Login } from "../../core/ports/postgres.ts";
import { quoteIdentifier, quoteLiteral } from "../../core/sql.ts";
import { hasCode, syncPath, unlessFull, unlessUnwritable, writeAtomically } from "../atomic-file.ts";
import { removeTree } from "../remove-tree.ts";
import { passwords } from "../scram.ts";
import { leftovers, temporaryName } from "../temporary-name.ts";
import { dataMajor, readOrNothing } from "./control-file.ts";
import type { Layout } from "./layout.ts";
import { programsNaming } from "./postmaster.ts";
import { lastLines, run } from "./run.ts";
import type { ServerUser } from "./server-user.ts";
import { includeLine, renderHostAccess, renderSettings, settingsFileName } from "./settings-file.ts";

export interface Programs {
  readonly bin: string;
  readonly major: number;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * A new cluster beside its place, complete with our settings and on disk, then renamed into it (RELIABILITY 19). Of two
 * at once one wins; the other's work is thrown away.
 *
 * @throws PoststackError `POSTGRES_START`, `PARAMETER_INVALID`, `DISK_FULL`, `NAME_TAKEN`
 */
export async function createCluster(
  layout: Layout,
  programs: Programs,
  spec: EmbeddedSpec,
  admin: Login,
  parameters: ReadonlyMap<string, string>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { data, user } = layout;
  await removeLeftovers(data, clock, signal);
  const sibling = temporaryName(data);
  const passwordFile = `${sibling}.password`;
  try {
    mkdirSync(sibling, { mode: 0o700 });
    if (user !== undefined) chownSync(sibling, user.uid, user.gid);
    writeVerifier(passwordFile, admin, user);
    await initdb(sibling, passwordFile, programs, admin.user, user, signal);
    if (programs.major < 14) await setVerifier(sibling, admin, programs, user, signal);
    rmSync(passwordFile);
    // initdb has synced what it wrote; these are ours.
    appendFileSync(join(sibling, "postgresql.conf"), `\n${includeLine}\n`);
    syncPath(join(sibling, "postgresql.conf"));
    writeSettings(sibling, spec, layout.socketDirectory, parameters, user);
    await checkSettings(sibling, programs, user, signal);
    syncPath(sibling);
    putInPlace(sibling, data);
  } catch (error) {
    throw unlessUnwritable(error, data);
  } finally {
    rmSync(passwordFile, { force: true });
    removeTree(sibling);
  }
}

export function writeSettings(
  data: string,
  spec: EmbeddedSpec,
  socketDirectory: string,
  parameters: ReadonlyMap<string, string>,
  user: ServerUser,
): void {
  const files = [
    [settingsFileName, renderSettings(spec, socketDirectory, parameters)],
    ["pg_hba.conf", renderHostAccess(spec.bind)],
  ] as const;
  for (const [name, text] of files) {
    const path = join(data, name);
    // A file's time tells whether the server has read it: an equal one keeps it.
    if (readOrNothing(path) !== text) writeAtomically(path, text, user);
  }
}

/**
 * Asks the server's own program whether it can start with the files as they are; it starts nothing.
 *
 * @throws PoststackError `PARAMETER_INVALID` with the program's words
 */
export async function checkSettings(
  data: string,
  { bin, environment }: Programs,
  user: ServerUser,
  signal: AbortSignal,
): Promise<void> {
  const options = { cwd: "/", environment, ...(user === undefined ? {} : { user }) };
  const { exitCode, output } = await run(join(bin, "postgres"), ["-D", data, "-C", "port"], options, signal);
  if (exitCode !== 0) throw invalidParameter(lastLines(output, 6));
}

export const invalidParameter = (details: readonly string[]): PoststackError =>
  new PoststackError("PARAMETER_INVALID", {
    what: "Postgres does not accept its configuration",
    next: "correct the value under `parameters:`",
    details,
  });

async function initdb(
  directory: string,
  passwordFile: string,
  { bin, major, environment }: Programs,
  superuser: string,
  user: ServerUser,
  signal: AbortSignal,
): Promise<void> {
  const who = ["--pgdata", directory, "--username", superuser, `--pwfile=${passwordFile}`];
  const what = ["--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"];
  const options = { cwd: "/", environment, ...(user === undefined ? {} : { user }) };
  const attempt = (locale: readonly string[]): ReturnType<typeof run> =>
    run(join(bin, "initdb"), [...who, ...what, ...locale], options, signal);
  // The provider that Postgres 17 brings along sorts the same on every machine and after every upgrade of its C library.
  let { exitCode, output } = await attempt(
    major >= 17 ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"] : ["--locale=C.UTF-8"],
  );
  // macOS and small containers have no C.UTF-8.
  if (exitCode !== 0 && /invalid locale/.test(output)) ({ exitCode, output } = await attempt(["--locale=C"]));
  if (exitCode === 0) return;
  if (/No space left on device/.test(output))
    throw unlessFull(Object.assign(new Error(), { code: "ENOSPC" }), directory);
  const why = exitCode === undefined ? "it was killed" : `exit code ${exitCode}`;
  throw noCluster(why, lastLines(output, 8));
}

const noCluster = (why: string, details: readonly string[], cause?: unknown): PoststackError =>
  new PoststackError(
    "POSTGRES_START",
    {
      what: `initdb could not make a cluster (${why})`,
      next: /user does not exist|effective user/.test(details.join("\n"))
        ? "run Poststack as a user that the system knows by name"
        : "see what initdb says above, correct it and apply again",
      details,
    },
    { cause },
  );

/**
 * initdb passes the line to ALTER USER … PASSWORD, which takes a verifier as it is: the password itself is never on disk
 * in a place that the server's user can read, nor in the server.
 */
function writeVerifier(path: string, { password }: Login, user: ServerUser): void {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  const descriptor = openSync(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
  try {
    if (user !== undefined) fchownSync(descriptor, user.uid, user.gid);
    writeFileSync(descriptor, `${passwords.verifier(password)}\n`);
  } finally {
    closeSync(descriptor);
  }
}

/** initdb before 14 takes no more than the first 99 letters of its file for the password (src/bin/initdb/initdb.c, get_su_pwd). */
async function setVerifier(
  folder: string,
  { user, password }: Login,
  programs: Programs,
  serverUser: ServerUser,
  signal: AbortSignal,
): Promise<void> {
  const { inSingleUserMode } = await import("./physical/single-user.ts");
  const verifier = quoteLiteral(passwords.verifier(password));
  const statements = [`alter role ${quoteIdentifier(user)} password ${verifier}`, "select 'done'::text as answer"];
  const cluster = { folder, database: "postgres", isLasting: true };
  await inSingleUserMode(cluster, statements, programs, serverUser, signal).catch((error: unknown) => {
    // What it says of copies means nothing to whoever makes a new cluster.
    if (signal.aborted || !(error instanceof PoststackError) || error.code === "DISK_FULL") throw error;
    throw noCluster("the superuser's password could not be set", error.facts.details ?? [error.message], error);
  });
}

function putInPlace(sibling: string, data: string): void {
  try {
    renameSync(sibling, data);
    syncPath(dirname(data));
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "ENOTDIR"].some((code) => hasCode(error, code))) throw error;
    if (dataMajor(data) !== undefined) return; // Another process was faster.
    throw new PoststackError("NAME_TAKEN", {
      what: `${data} is there, and it is no data directory of Postgres`,
      next: `move it away and apply again`,
    });
  }
}

/** What dead processes left: their initdb may still be at work in it. */
export async function removeLeftovers(data: string, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const leftover of leftovers(data)) {
    for (const pid of programsNaming(leftover)) killQuietly(pid);
    while (programsNaming(leftover).length > 0) await clock.sleep(10, signal);
    // A backend that lost its initdb may write one more file before it notices.
    while (existsSync(leftover)) {
      try {
        removeTree(leftover);
      } catch (error) {
        if (!hasCode(error, "ENOTEMPTY")) throw error;
        await clock.sleep(10, signal);
      }
    }
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
