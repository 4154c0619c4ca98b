import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { containerEngine } from "../../../controller/adapters/containers.ts";
import type { ContainerEngine } from "../../../controller/core/ports/containers.ts";

/** A server in place of an engine, which answers as a test says. */
export interface Scripted {
  readonly engine: ContainerEngine;
  /** `GET /v1.41/containers/json?all=1`, in order, without the ping before it. */
  readonly requests: readonly string[];
  /** Resolves with the next request that comes. */
  arrives(): Promise<void>;
  close(): Promise<void>;
}

export const version = { "api-version": "1.41", server: "Docker/20.10.24 (linux)" };

export const json = (response: ServerResponse, body: unknown, status = 200): unknown =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

export async function scripted(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  says: Readonly<Record<string, string>> = version,
): Promise<Scripted> {
  const folder = mkdtempSync(join(tmpdir(), "poststack-scripted-"));
  const socket = join(folder, "engine.sock");
  const requests: string[] = [];
  let arrived = (): void => undefined;
  const server = createServer((request, response) => {
    if (request.url === "/_ping") return response.writeHead(200, says).end("OK");
    requests.push(`${request.method} ${request.url}`);
    arrived();
    return answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const environment = new Map([["DOCKER_HOST", `unix://${socket}`]]);
  const engine = containerEngine({ environment, uid: 0, home: folder });
  return {
    engine,
    requests,
    arrives: () => new Promise((resolve) => (arrived = resolve)),
    async close() {
      await engine.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
