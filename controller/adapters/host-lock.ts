import { createHash } from "node:crypto";
import { mkdirSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PoststackError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { HostLock } from "../core/ports/state.ts";

/** Between two tries, in milliseconds. */
const pollMs = 100;

/**
 * A Unix socket that we listen on: the kernel frees it when its holder dies, whatever the reason. On Linux it is
 * abstract, so no file is left behind. Whoever connects is told who holds it.
 *
 * @param holder what a waiting process is told: `poststack apply dev, pid 812`
 */
export const hostLock = (clock: Clock, holder: string): HostLock => ({
  async take(name, timeoutMs, onWait, signal) {
    const path = socketPath(name);
    const deadlineMs = clock.nowMs() + timeoutMs;
    let told = false;
    for (;;) {
      signal.throwIfAborted();
      const server = await listen(path, holder);
      if (server !== undefined) return { release: () => close(server) };
      const other = await ask(path);
      // Nobody answers on a socket file: its holder died. (Abstract sockets vanish by themselves.)
      if (other === undefined && !path.startsWith("\0")) unlinkQuietly(path);
      if (other !== undefined && clock.nowMs() >= deadlineMs) throw lockHeld(other);
      if (other !== undefined && !told) {
        onWait(other);
        told = true;
      }
      await clock.sleep(pollMs, signal);
    }
  },
});

function socketPath(name: string): string {
  const id = createHash("sha256").update(name).digest("hex").slice(0, 32);
  if (process.platform === "linux") return `\0poststack-${id}`;
  const directory = join(tmpdir(), `poststack-locks-${process.getuid?.() ?? 0}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return join(directory, id);
}

/** Undefined when another process listens. */
function listen(path: string, holder: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(holder);
    });
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      // The lock must not keep a process alive that has nothing else to do.
      server.unref();
      resolve(server);
    });
  });
}

/** What the holder says of itself; undefined when nobody listens any more. A holder that is stopped says nothing within a second. */
function ask(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(path);
    socket.setTimeout(1_000, () => {
      socket.destroy();
      resolve("a process that does not answer");
    });
    // Whoever listens under the name is believed in what it says, and not in how much.
    socket.on("data", (chunk) => (text = (text + chunk.toString("utf8")).slice(0, 200)));
    socket.on("end", () => resolve(text));
    socket.on("error", () => resolve(undefined));
  });
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another waiter was faster.
  }
}

const lockHeld = (holder: string): PoststackError =>
  new PoststackError("LOCK_HELD", {
    what: `another Poststack works on this environment: ${holder}`,
    next: "wait until it has finished, or give --lock-timeout more time",
  });
