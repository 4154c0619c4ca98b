import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { DesiredBackup, Programs } from "../model.ts";
import type { Toolbox } from "../tools.ts";
import {
  dumpArguments,
  listArguments,
  noArchive,
  programName,
  restoreArguments,
  runLimitMs,
  toolFailed,
} from "./arguments.ts";

type InContainer = Extract<Programs, { readonly on: "container" }>;

/** Milliseconds for a program that reads no more of a file than its beginning. */
const lookLimitMs = 60_000;

/** A list of contents has about 80 bytes for each table, index and grant. */
const listLimitBytes = 256 * 1024 * 1024;

/**
 * Programs of the server's own image, in the server's container: there they are of its very version, and the socket asks
 * for no password (initdb: --auth-local). The file is made in the container and copied, so that a connection to an engine
 * that breaks half-way leaves no half a dump.
 *
 * No engine ends a command in a container for somebody who went away. So the next run of the kind ends pg_dump's session,
 * removes the file and begins anew; what is open already is read on by whom it is open to.
 */
export function inContainer(
  { name }: InContainer,
  { endpoint }: DesiredBackup,
  ports: Ports,
  signal: AbortSignal,
): Toolbox {
  const { containers, backups } = ports;

  const run = async (command: readonly [string, ...string[]], limitMs: number, onOutput?: (bytes: Buffer) => void) => {
    const environment = new Map([
      ["LC_ALL", "C"],
      ["PGAPPNAME", programName],
    ]);
    const ended = await containers.exec(
      name,
      { command, environment, timeoutMs: limitMs, ...(onOutput === undefined ? {} : { onOutput }) },
      signal,
    );
    return { isDone: ended.exitCode === 0, output: linesOf(ended.output) };
  };

  /** All that it writes to its standard output. */
  const textOf = async (command: readonly [string, ...string[]], limitMs = lookLimitMs) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const ended = await run(command, limitMs, (bytes) => {
      length += bytes.length;
      if (length > listLimitBytes) throw tooLong(command[0]);
      chunks.push(bytes);
    });
    return { ...ended, text: Buffer.concat(chunks).toString("utf8") };
  };

  /** A file in the container for as long as `use` takes; what a run of the same purpose has left is removed first. */
  const withFile = async <T>(purpose: "dump" | "archive", use: (path: string) => Promise<T>): Promise<T> => {
    const stem = `/tmp/poststack-${purpose}-${Buffer.from(endpoint.database).toString("hex")}-`;
    const path = `${stem}${Math.floor(ports.clock.random() * 2 ** 48).toString(16)}.dump`;
    await run(["sh", "-c", 'rm -f -- "$0"*', stem], lookLimitMs);
    try {
      return await use(path);
    } finally {
      const command = ["rm", "-f", "--", path, listOf(path)] as const;
      // Also after an abort. A container that went away took it along.
      await containers
        .exec(name, { command, timeoutMs: lookLimitMs }, AbortSignal.timeout(lookLimitMs))
        .catch(() => undefined);
    }
  };

  /** Of an earlier run, or of this one when nobody waits for it any more: there is one writer. */
  const endDumps = async (limited: AbortSignal): Promise<void> => {
    const session = await ports.server.admin(limited);
    const sql = `select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
      where datname operator(pg_catalog.=) $1 and application_name operator(pg_catalog.=) $2`;
    await session.query(sql, [endpoint.database, programName], limited);
  };

  const dumpTo = async (path: string): Promise<void> => {
    await endDumps(signal);
    const args = [`--username=${endpoint.admin.user}`, ...dumpArguments(endpoint.database, path)];
    try {
      const { isDone, output } = await run(["pg_dump", ...args], runLimitMs);
      if (!isDone) throw toolFailed("pg_dump", output);
    } catch (error) {
      await endDumps(AbortSignal.timeout(lookLimitMs)).catch(() => undefined);
      throw error;
    }
  };

  const contents = async (path: string, file: string): Promise<string> => {
    const { isDone, output, text } = await textOf(["pg_restore", ...listArguments(path)]);
    if (!isDone) throw noArchive(file, output);
    return text;
  };

  return {
    async version() {
      const { text } = await textOf(["pg_dump", "--version"]);
      const [, major] = /\(PostgreSQL\) (\d+)/.exec(text) ?? [];
      if (major !== undefined) return Number(major);
      throw new PoststackError("BACKUP_TOOLS", {
        what: `the image of container ${name} has no pg_dump`,
        next: "use an image with the programs of Postgres, such as postgres:17",
      });
    },
    dump: (file) =>
      withFile("dump", async (path) => {
        await dumpTo(path);
        const list = await contents(path, file);
        const copied = await run(["cat", "--", path], runLimitMs, (bytes) => backups.append(file, bytes));
        if (!copied.isDone) throw toolFailed("cat", copied.output);
        const { text } = await textOf(["sha256sum", "--", path], runLimitMs);
        const [, sum] = /^\\?([0-9a-f]{64}) /.exec(text) ?? [];
        const { sha256 } = await backups.measure(file, signal);
        if (sum !== sha256) throw toolFailed("copying the dump", [`sha256 ${sum ?? "?"} there, ${sha256} here`]);
        return { list };
      }),
    withArchive: (file, use) =>
      withFile("archive", async (path) => {
        const sizeBytes = backups.find(file)?.sizeBytes ?? 0;
        const owned = { mode: 0o600, uid: 0, gid: 0 };
        await containers.putStream(name, { path, ...owned, sizeBytes, chunks: backups.read(file, signal) }, signal);
        return use({
          list: await contents(path, file),
          async restore(wish) {
            await containers.putFiles(name, [{ path: listOf(path), content: wish.list, ...owned }], signal);
            const args = [`--username=${endpoint.owner.user}`, ...restoreArguments(wish, listOf(path), path)];
            const { isDone, output } = await run(["pg_restore", ...args], runLimitMs);
            if (!isDone) throw toolFailed("pg_restore", output);
          },
        });
      }),
  };
}

const tooLong = (program: string): PoststackError =>
  new PoststackError("FILE_UNREADABLE", {
    what: `${program} in the container writes more than ${listLimitBytes} bytes, more than any list of contents has`,
    next: "see what is in the database, or use another backup",
  });

const listOf = (path: string): string => `${path}.list`;

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line.trim() !== "");
