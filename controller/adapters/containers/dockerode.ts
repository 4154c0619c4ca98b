import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { EngineAddress } from "./address.ts";
import type { Connection, Upgrading } from "./http.ts";

/** Every status is an answer: what it means is decided in one place, for both ways to an engine. */
const everyStatus = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [index + 100, true]));

/** The part of docker-modem that its types leave out. */
interface Dial {
  (options: object, answered: (error: Error | null, answer: unknown) => void): void;
}

/**
 * Through dockerode: pulls, builds and the session of a build, which take seconds. It is loaded when the first of them
 * begins; docs/decisions tells why looks do not go this way.
 */
export function dockerodeConnection(address: Exclude<EngineAddress, { type: "ssh" }>): Connection & Upgrading {
  let loaded: Promise<Dial> | undefined;

  async function load(): Promise<Dial> {
    const { default: Docker } = await import("dockerode");
    const { modem } = new Docker(await optionsOf(address)) as unknown as { readonly modem: { readonly dial: Dial } };
    return modem.dial.bind(modem);
  }

  async function dial<T>(options: object, onSent: () => void): Promise<T> {
    const dialled = await (loaded ??= load());
    return await new Promise<T>((resolve, reject) => {
      dialled({ statusCodes: everyStatus, ...options }, (error, answer) => {
        // Failing to connect is the one error that comes before anything was sent.
        if (!(error !== null && "syscall" in error && error.syscall === "connect")) onSent();
        if (error === null) resolve(answer as T);
        else reject(error);
      });
    });
  }

  return {
    send: ({ method, path, headers, body }, onSent, signal) =>
      dial<IncomingMessage>(
        {
          method,
          path: withoutQuirk(path),
          isStream: true,
          abortSignal: signal,
          headers: { ...headers },
          ...(body === undefined ? {} : { file: body }),
        },
        onSent,
      ),
    upgrade: (path, headers, signal) =>
      dial<Duplex>(
        { method: "POST", path: withoutQuirk(path), hijack: true, headers: { ...headers }, abortSignal: signal },
        () => undefined,
      ),
    close: () => undefined,
  };
}

/** docker-modem takes the last character of a path with a question mark for a mark that begins the query. */
const withoutQuirk = (path: string): string => (path.includes("?") ? `${path}?` : path);

/** Every key that it would else take from the environment by itself. */
async function optionsOf(address: Exclude<EngineAddress, { type: "ssh" }>): Promise<object> {
  if (address.type === "socket") return { socketPath: address.path, host: undefined, protocol: "http" };
  const { host, port, tls } = address;
  const base = { socketPath: undefined, host, port, pathPrefix: "/" };
  if (tls === undefined) return { ...base, protocol: "http" };
  const { Agent } = await import("node:https");
  const { ca, cert, key, verify } = tls;
  return { ...base, protocol: "https", ca, cert, key, agent: new Agent({ ca, cert, key, rejectUnauthorized: verify }) };
}
