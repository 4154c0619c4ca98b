import { rmdirSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import type { Clock } from "../../core/ports.ts";
import type { EmbeddedServers, EmbeddedSpec } from "../../core/ports/embedded.ts";
import type { Endpoint } from "../../core/ports/postgres.ts";
import { hostLock } from "../host-lock.ts";
import { passwords } from "../scram.ts";

/** Milliseconds: how long another rehearsal of the environment is waited for; for taking the server down. */
const lockTimeoutMs = 60_000;
const removalTimeoutMs = 60_000;

const bind = "127.0.0.1";

/** Nothing in it outlives a crash of the machine, so nothing waits for the disk. */
const parameters = new Map([
  ["fsync", "off"],
  ["full_page_writes", "off"],
  ["synchronous_commit", "off"],
]);

/**
 * One at a time in this folder. Its data is removed before and after: whoever is killed leaves a server, and the next one
 * finds it there.
 *
 * @param serversIn the servers of a folder
 * @throws PoststackError `POSTGRES_MISSING`, `POSTGRES_START`, `LOCK_HELD`, and what `run` throws
 */
export async function withTemporaryServer<T>(
  folder: string,
  serversIn: (folder: string) => EmbeddedServers,
  { major, clock }: { readonly major: number | undefined; readonly clock: Clock },
  signal: AbortSignal,
  run: (server: Pick<Endpoint, "host" | "port" | "admin">) => Promise<T>,
): Promise<T> {
  const lock = await hostLock(clock, "a rehearsal").take(folder, lockTimeoutMs, () => undefined, signal);
  const servers = serversIn(folder);
  const spec: EmbeddedSpec = { name: "rehearsal", major, bind, port: await freePort() };
  const admin = { user: "poststack_rehearsal", password: passwords.random() };
  try {
    await servers.remove(spec, signal);
    await servers.create(spec, admin, parameters, signal);
    await servers.start(spec, admin, signal);
    return await run({ host: bind, port: spec.port, admin });
  } finally {
    // Also after an abort.
    await servers.remove(spec, AbortSignal.timeout(removalTimeoutMs)).catch(() => undefined);
    removeEmpty(folder, dirname(folder));
    await lock.release();
  }
}

/** What a look has made on the way there; an environment that was applied once has more in it. */
function removeEmpty(...folders: readonly string[]): void {
  try {
    for (const folder of folders) rmdirSync(folder);
  } catch {
    // Something else is in it, or it was never made.
  }
}

/** That was free a moment ago. Whoever takes it meanwhile makes the start fail. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, bind, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
