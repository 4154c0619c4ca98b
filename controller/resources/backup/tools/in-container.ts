import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { DesiredBackup, Tools } from "../model.ts";
import type { Toolbox } from "../tools.ts";
import { dumpArguments, listArguments, noArchive, restoreArguments, runLimitMs, toolFailed } from "./arguments.ts";

type InContainer = Extract<Tools, { readonly on: "container" }>;

/** Milliseconds for a program that only looks at a file. */
const lookLimitMs = 60_000;

/**
 * Programs of the server's own image, in the server's container: there they are of its very version, and the socket asks
 * for no password (initdb: --auth-local). The file is made in the container and copied, so that a connection to an engine
 * that breaks half-way leaves no half a dump.
 */
export function inContainer(
  { name }: InContainer,
  { endpoint }: DesiredBackup,
  ports: Ports,
  signal: AbortSignal,
): Toolbox {
  const { containers, backups } = ports;

  const run = async (command: readonly [string, ...string[]], limitMs: number, onOutput?: (bytes: Buffer) => void) => {
    const environment = new Map([["LC_ALL", "C"]]);
    const ended = await containers.exec(
      name,
      { command, environment, timeoutMs: limitMs, ...(onOutput === undefined ? {} : { onOutput }) },
      signal,
    );
    return { isDone: ended.exitCode === 0, output: linesOf(ended.output) };
  };

  /** All that it writes to its standard output. */
  const textOf = async (command: readonly [string, ...string[]]) => {
    const chunks: Buffer[] = [];
    const ended = await run(command, lookLimitMs, (bytes) => void chunks.push(bytes));
    return { ...ended, text: Buffer.concat(chunks).toString("utf8") };
  };

  /** A file in the container for as long as `use` takes. */
  const withFile = async <T>(use: (path: string) => Promise<T>): Promise<T> => {
    const path = `/tmp/poststack-${Math.floor(ports.clock.random() * 2 ** 48).toString(16)}.dump`;
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
      withFile(async (path) => {
        const args = [`--username=${endpoint.admin.user}`, ...dumpArguments(endpoint.database, path)];
        const { isDone, output } = await run(["pg_dump", ...args], runLimitMs);
        if (!isDone) throw toolFailed("pg_dump", output);
        const list = await contents(path, file);
        const copied = await run(["cat", "--", path], runLimitMs, (bytes) => backups.append(file, bytes));
        if (!copied.isDone) throw toolFailed("cat", copied.output);
        const [, sum] = /^\\?([0-9a-f]{64}) /.exec((await textOf(["sha256sum", "--", path])).text) ?? [];
        const { sha256 } = await backups.measure(file, signal);
        if (sum !== sha256) throw toolFailed("copying the dump", [`sha256 ${sum ?? "?"} there, ${sha256} here`]);
        return { list };
      }),
    withArchive: (file, use) =>
      withFile(async (path) => {
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

const listOf = (path: string): string => `${path}.list`;

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line.trim() !== "");
