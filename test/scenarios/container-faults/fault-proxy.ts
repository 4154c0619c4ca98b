import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** What happens to one call; undefined: it goes through. */
export type Fault =
  /** It goes through, and its answer is late. */
  | { readonly lateMs: number }
  /** It goes through when this is done. */
  | Promise<unknown>
  /** The engine never hears of it, and this is the answer. */
  | { readonly status: number; readonly message: string }
  /** The engine never hears of it, and the connection breaks. */
  | "cut"
  /** The engine has done it, and the connection breaks before the answer, or in the middle of it, or it is no JSON. */
  | LostAnswer
  /** Nobody says anything, and nothing is done. */
  | "silence";

type LostAnswer = "no answer" | "half an answer" | "a garbled answer";

/** Stands in front of an engine's socket. No builds: what is upgraded does not pass. */
export interface FaultProxy {
  /** `unix://…`, for DOCKER_HOST. */
  readonly host: string;
  /** Asked for each call from now on: `POST /containers/create`, ids and names left out. */
  decide(fault: (call: string) => Fault | undefined): void;
  close(): Promise<void>;
}

export async function faultProxy(socketPath: string): Promise<FaultProxy> {
  const folder = mkdtempSync(join(tmpdir(), "poststack-proxy-"));
  const socket = join(folder, "engine.sock");
  let decide: (call: string) => Fault | undefined = () => undefined;
  const server = createServer((incoming, outgoing) => {
    const fault = decide(`${incoming.method} ${shape(incoming.url ?? "")}`);
    if (fault === "silence") return;
    if (fault === "cut") {
      outgoing.destroy();
      return;
    }
    if (fault instanceof Promise) {
      void fault.then(() => forward(socketPath, incoming, outgoing, undefined));
      return;
    }
    if (typeof fault === "object" && "status" in fault) {
      outgoing.writeHead(fault.status, { "content-type": "application/json" });
      outgoing.end(JSON.stringify({ message: fault.message }));
      return;
    }
    forward(socketPath, incoming, outgoing, fault);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    host: `unix://${socket}`,
    decide(fault) {
      decide = fault;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function forward(
  socketPath: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: { readonly lateMs: number } | LostAnswer | undefined,
): void {
  const { method, url, headers } = incoming;
  const forwarded = request({ socketPath, method, path: url, headers }, (answer) => {
    void (async () => {
      if (typeof fault === "object") await pause(fault.lateMs);
      if (typeof fault === "string") {
        // All of the engine's answer is there: it has done what it was asked for.
        await new Promise((resolve) => answer.resume().once("end", resolve));
        if (fault === "a garbled answer") {
          outgoing.writeHead(answer.statusCode === 304 ? 200 : (answer.statusCode ?? 500), {
            "content-type": "application/json",
          });
          outgoing.end("{");
          return;
        }
        if (fault === "half an answer") {
          outgoing.writeHead(answer.statusCode ?? 500, {
            "content-type": "application/json",
            "content-length": "1000",
          });
          outgoing.write("{");
        }
        setImmediate(() => outgoing.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    })();
  });
  forwarded.on("error", () => outgoing.destroy());
  outgoing.on("close", () => forwarded.destroy());
  incoming.pipe(forwarded);
}

/** Without the API's version, query, ids and names. */
const shape = (url: string): string =>
  url
    .replace(/^\/v[\d.]+/, "")
    .replace(/\?.*$/, "")
    .replace(/\/(containers|networks|volumes|images)\/(?!(?:create|json)$)[^/]+/, "/$1/ID");
