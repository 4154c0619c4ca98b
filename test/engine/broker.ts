import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Daemon } from "./daemon.ts";
import { startDocker } from "./docker-daemon.ts";
import { startPodman } from "./podman-service.ts";

/** The engines of one run of the tests. Started when the first file asks, shared by all, stopped at the end. */
export interface Broker {
  /** Where test files ask: `GET /docker`, `GET /podman`. */
  readonly socket: string;
  stop(): Promise<void>;
}

const starts = { docker: startDocker, podman: startPodman } as const;

/** The socket of one that runs already: it is used in place of one of our own, and is not ended. */
const given = { docker: process.env["POSTSTACK_TEST_DOCKER"], podman: process.env["POSTSTACK_TEST_PODMAN"] } as const;

/** What a test file is told: where an engine is, or why there is none. */
export type Answer = { readonly socket: string } | { readonly reason: string };

export async function startBroker(): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), "poststack-broker-"));
  const socket = join(folder, "socket");
  const started = new Map<string, Promise<Daemon>>();
  const server = createServer((request, response) => {
    const name = request.url === "/podman" ? "podman" : "docker";
    const say = (answer: Answer): unknown => response.end(JSON.stringify(answer));
    const running = given[name];
    if (running !== undefined) {
      say({ socket: running });
      return;
    }
    const engine = started.get(name) ?? starts[name]();
    started.set(name, engine);
    engine.then(
      (daemon) => say({ socket: daemon.socket }),
      (error: unknown) => say({ reason: error instanceof Error ? error.message : String(error) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    async stop() {
      server.close();
      for (const [name, starting] of started) {
        await starting.then(
          (daemon) => daemon.stop(),
          (error: unknown) => console.warn(`\nSKIPPED: all tests on ${name}: ${String(error)}\n`),
        );
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
