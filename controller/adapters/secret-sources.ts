import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import type { ConnectionParts, SecretSources } from "../core/ports/files.ts";
import { reveal, Secret } from "../core/secret.ts";

/** A password, a key or a certificate; not a file named by mistake. */
const limitBytes = 64 * 1024;
const commandLimitMs = 10_000;
/** After the command's end, for what it printed to arrive: a program that it left behind may hold the pipe for ever. */
const drainMs = 500;

export const secretSources: SecretSources = {
  file: readSecretFile,
  command: runSecretCommand,
  connection: (url) => parseConnection(reveal(url)),
  randomInt: (limit) => randomInt(limit),
};

function readSecretFile(path: string, where: Place): Secret {
  let descriptor: number;
  try {
    // Links are followed: that is how container platforms mount secrets. A pipe would block without NONBLOCK.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`, where);
  }
  try {
    const { mode, size } = fstatSync(descriptor);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw unreadable(path, "is not a regular file", where);
    if ((mode & 0o077) !== 0) throw exposed(path, mode, where);
    if (size > limitBytes) throw unreadable(path, `is larger than ${limitBytes / 1024} KiB`, where);
    return secretOf(readFileSync(descriptor), path, where);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Runs without a shell and without input. The time limit ends its whole group, and our reading: a program that left the
 * group (setsid) may hold the pipe open for longer.
 */
function runSecretCommand(
  [program, ...args]: readonly [string, ...string[]],
  cwd: string,
  where: Place,
): Promise<Secret> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "inherit"], detached: true });
    const chunks: Buffer[] = [];
    let size = 0;
    let ended: string | undefined;
    let drain: NodeJS.Timeout | undefined;
    const end = (reason: string): void => {
      ended ??= reason;
      if (child.pid !== undefined) endGroup(child.pid);
      child.stdout.destroy();
    };
    const timer = setTimeout(() => end(`did not end within ${commandLimitMs / 1000} s`), commandLimitMs);
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) end(`printed more than ${limitBytes / 1024} KiB`);
      else chunks.push(chunk);
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(unreadable(program, `cannot be run (${error.code ?? "unknown error"})`, where));
    });
    // `close` comes when the command has ended and its output has been read, or given up.
    child.once("exit", () => {
      drain = setTimeout(() => child.stdout.destroy(), drainMs);
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      clearTimeout(drain);
      if (ended === undefined && code !== 0) ended = `ended with ${signal ?? `exit code ${code}`}`;
      // Nothing of what it printed is told: it may be half a secret.
      if (ended !== undefined) reject(unreadable(program, ended, where));
      else settle(() => secretOf(Buffer.concat(chunks), program, where), resolve, reject);
    });
  });
}

function settle<T>(work: () => T, resolve: (value: T) => void, reject: (error: Error) => void): void {
  try {
    resolve(work());
  } catch (error) {
    reject(error as Error);
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // ESRCH: it has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function secretOf(bytes: Buffer, from: string, where: Place): Secret {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unreadable(from, "gives something else than UTF-8 text", where);
  }
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw unreadable(from, "gives an empty secret", where);
  if (secret.includes("\0")) throw unreadable(from, "gives a NUL, which no process and no server can be given", where);
  return new Secret(secret);
}

/** By libpq's rules (manual: 34.1.1.2) as far as one host goes; a socket's directory stands percent-encoded in its place. */
function parseConnection(url: string): ConnectionParts | undefined {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) return undefined;
  const { username, password, hostname, port, pathname, searchParams } = new URL(url);
  try {
    const host = decodeURIComponent(hostname.replace(/^\[(.*)\]$/, "$1"));
    const database = decodeURIComponent(pathname.slice(1));
    const sslmode = searchParams.get("sslmode");
    return {
      ...(username === "" ? {} : { user: decodeURIComponent(username) }),
      ...(password === "" ? {} : { password: new Secret(decodeURIComponent(password)) }),
      ...(host === "" ? {} : { host }),
      ...(port === "" ? {} : { port: Number(port) }),
      ...(database === "" ? {} : { database }),
      ...(sslmode === null ? {} : { sslmode }),
    };
  } catch {
    // A `%` that encodes nothing.
    return undefined;
  }
}

const unreadable = (from: string, how: string, where: Place): PoststackError =>
  new PoststackError("SECRET_UNREADABLE", {
    what: `${from} ${how}`,
    where,
    next: "see that it gives the secret and nothing else to the user who runs Poststack",
  });

const exposed = (path: string, mode: number, where: Place): PoststackError =>
  new PoststackError("SECRET_EXPOSED", {
    what: `${path} holds a secret, and its mode ${(mode & 0o777).toString(8)} lets others read or change it`,
    where,
    next: `chmod 600 ${path}, and change the secret if someone may have read it`,
  });
