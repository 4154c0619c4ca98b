import type { Agent as HttpAgent, IncomingMessage, RequestOptions } from "node:http";
import type { Duplex, Readable } from "node:stream";
import type { EngineAddress } from "./address.ts";
import { countdown } from "./countdown.ts";
import { connectLimitMs, ConnectTimeout } from "./unreached.ts";

/** One request, before it is known whether anybody will answer it. */
export interface Outgoing {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  /** With version and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | Readable;
}

/** Sends requests; the answer's status is whatever it is. */
export interface Connection {
  /**
   * Resolves with the head of the answer. Until the engine has taken the connection, which may last `connectLimitMs`,
   * `onSent` has not been called, and the failure of the request proves that nothing was done.
   */
  send(outgoing: Outgoing, onSent: () => void, signal: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

/** What takes over a connection after an HTTP upgrade. */
export interface Upgrading {
  upgrade(path: string, headers: Readonly<Record<string, string | string[]>>, signal: AbortSignal): Promise<Duplex>;
}

/**
 * Else the agent makes up a name for TLS, which is not there: the expression by which Node knows an IPv6 address takes V8 4 ms
 * to compile. Node's types have it for https alone.
 */
const withoutName = { servername: "" };

/**
 * Plain HTTP of Node over a socket, TCP, TLS or ssh. docs/decisions tells why not all calls go through dockerode: what one
 * look needs must cost no more than a look.
 */
export function httpConnection(
  address: EngineAddress,
  environment: ReadonlyMap<string, string>,
): Connection & Upgrading {
  let agent: HttpAgent | undefined;

  async function options(): Promise<RequestOptions> {
    if (address.type === "ssh") {
      const { SshAgent } = await import("./ssh.ts");
      return { agent: (agent ??= new SshAgent(address, environment)) };
    }
    if (address.type === "tcp" && address.tls !== undefined) {
      const { Agent } = await import("node:https");
      const { ca, cert, key, verify } = address.tls;
      agent ??= new Agent({ keepAlive: true, ca, cert, key, rejectUnauthorized: verify });
      return { host: address.host, port: address.port, agent, protocol: "https:" };
    }
    const { Agent } = await import("node:http");
    agent ??= new Agent({ keepAlive: true });
    return address.type === "socket"
      ? { socketPath: address.path, agent, ...withoutName }
      : { host: address.host, port: address.port, agent };
  }

  return {
    async send({ method, path, headers, body }, onSent, signal) {
      // Loaded with the first call: most commands talk to no engine.
      const { request: httpRequest } = await import("node:http");
      const base = await options();
      signal.throwIfAborted();
      return await new Promise((resolve, reject) => {
        const request = httpRequest({ ...base, method, path, signal, headers: { ...headers } }, resolve);
        request.once("error", reject);
        request.once("socket", (socket) => {
          if (!socket.connecting) return onSent();
          const late = (): void => void request.destroy(new ConnectTimeout());
          const endLimit = countdown(connectLimitMs, late);
          socket.once("close", endLimit);
          socket.once(base.protocol === "https:" ? "secureConnect" : "connect", () => {
            endLimit();
            onSent();
          });
        });
        if (body === undefined || Buffer.isBuffer(body)) request.end(body);
        else body.once("error", (error) => request.destroy(error)).pipe(request);
      });
    },
    async upgrade(path, headers, signal) {
      const { request: httpRequest } = await import("node:http");
      const base = await options();
      signal.throwIfAborted();
      return await new Promise((resolve, reject) => {
        httpRequest({ ...base, method: "POST", path, signal, headers: { connection: "Upgrade", ...headers } })
          .once("upgrade", (_answer, socket, first) => {
            if (first.length > 0) socket.unshift(first);
            resolve(socket);
          })
          .once("response", (answer) => {
            answer.destroy();
            reject(new Error(`status ${answer.statusCode} in place of an upgrade`));
          })
          .once("error", reject)
          .end();
      });
    },
    close() {
      agent?.destroy();
    },
  };
}
