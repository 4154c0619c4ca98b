import { setMaxListeners } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { PoststackError } from "../../core/errors.ts";
import { countdown } from "./countdown.ts";
import { meaningOf, refusal, shortIds } from "./failure.ts";
import type { Connection, Outgoing } from "./http.ts";
import { isAtTheDoor, unreached } from "./unreached.ts";

interface Call {
  readonly method: Outgoing["method"];
  /** Without version: `/containers/json`. */
  readonly path: string;
  /** Undefined is left out, a list is one parameter several times, objects travel as JSON. */
  readonly query?: Readonly<Record<string, string | number | boolean | object | undefined>>;
  /** JSON, or bytes as they are. */
  readonly body?: object | Buffer | Readable;
  readonly headers?: Readonly<Record<string, string>>;
  /** For errors, as it stands before a colon: `creating container "web"`. */
  readonly doing: string;
  /** Milliseconds for the whole answer, or for its head when it is a stream; undefined: the signal alone ends it. */
  readonly limitMs: number | undefined;
}

/** One engine's API. */
export interface Client {
  /** The whole answer, parsed; undefined: it has no body, or is 304 (RELIABILITY 12: already so). */
  ask(call: Call, signal: AbortSignal): Promise<unknown>;
  /** The answer while it comes; its end, and how long that may take, is the caller's. */
  open(call: Call, signal: AbortSignal): Promise<IncomingMessage>;
}

/** Milliseconds for reads, and for what creates, starts or removes (RELIABILITY 31). */
export const readLimitMs = 10_000;
export const writeLimitMs = 30_000;

/** An inspect answer of a big container is 30 KB, a list of 500 containers 1 MB. */
const answerLimitBytes = 64 * 1024 * 1024;

/**
 * @param address for messages
 * @param prefix of every path: `/v1.41`, or nothing
 */
export function engineClient(connection: Connection, address: string, prefix: string): Client {
  async function open(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    return await timed(call, signal, (limited) => head(call, limited));
  }

  async function ask(call: Call, signal: AbortSignal): Promise<unknown> {
    return await timed(call, signal, async (limited) => {
      const answer = await head(call, limited);
      const body = await textOf(answer, answerLimitBytes).catch((error: unknown) => {
        throw lost(call, error);
      });
      // Podman says "OK" where Docker says nothing.
      const isJson = answer.headers["content-type"]?.startsWith("application/json") === true;
      if (body === "" || !isJson || answer.statusCode === 304) return undefined;
      try {
        return JSON.parse(body) as unknown;
      } catch (error) {
        throw lost(call, error);
      }
    });
  }

  /** The answer's head, once it is known to be a success. */
  async function head(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const answer = await sendTwice(call, signal);
    const status = answer.statusCode ?? 0;
    if ((status >= 200 && status < 300) || status === 304) return answer;
    const body = await textOf(answer, 64 * 1024).catch((error: unknown) => {
      throw lost(call, error);
    });
    throw meaningOf(refusal(status, body), call.doing);
  }

  /** A read is sent again, once, when the engine closed a connection that was kept open from before. */
  async function sendTwice(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    try {
      return await send(call, signal);
    } catch (error) {
      if (!(call.method === "GET" && error instanceof PoststackError && isReset(error.cause))) throw error;
      return await send(call, signal);
    }
  }

  async function send(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    let isSent = false;
    const { method, headers, body } = call;
    const isJson = body !== undefined && !Buffer.isBuffer(body) && !("pipe" in body);
    const bytes = isJson ? Buffer.from(JSON.stringify(body)) : body;
    const outgoing: Outgoing = {
      method,
      path: `${prefix}${call.path}${queryOf(call)}`,
      headers: { ...(isJson ? { "content-type": "application/json" } : {}), ...lengthOf(bytes, method), ...headers },
      ...(bytes === undefined ? {} : { body: bytes }),
    };
    try {
      return await connection.send(outgoing, () => (isSent = true), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      // TLS 1.3 and ssh let a request go before the engine has said whom it lets in.
      const isUnheard = !isSent || (method === "GET" && isAtTheDoor(error));
      throw isUnheard ? unreached(error, address) : lost(call, error);
    }
  }

  /** What only reads can be done again; of what writes nobody knows (RELIABILITY 13). */
  const lost = (call: Call, error: unknown): PoststackError =>
    new PoststackError(
      call.method === "GET" ? "ENGINE_UNREACHABLE" : "ENGINE_CONNECTION_LOST",
      {
        what: `${shortIds(call.doing)}: the engine's answer broke off (${messageOf(error)})`,
        next: "run the same again: it looks first",
      },
      { cause: error },
    );

  return { ask, open };
}

/** Ends the work when its time is over. The listener goes away with the call: the signal lives as long as the process. */
async function timed<T>(
  { doing, limitMs, method }: Call,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const limited = new AbortController();
  const end = (): void => limited.abort(signal.reason);
  // Any number of calls goes on at once under one signal; Node takes eleven for a leak, and tells the user so.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", end, { once: true });
  const late = (): void =>
    limited.abort(
      new PoststackError(method === "GET" ? "ENGINE_UNREACHABLE" : "TIMEOUT", {
        what: `${shortIds(doing)}: no answer within ${(limitMs ?? 0) / 1_000} s`,
        next: "see whether the engine is overloaded: docker info, its log",
      }),
    );
  const endLimit = limitMs === undefined ? undefined : countdown(limitMs, late);
  try {
    return await work(limited.signal);
  } catch (error) {
    throw limited.signal.aborted ? limited.signal.reason : error;
  } finally {
    endLimit?.();
    signal.removeEventListener("abort", end);
  }
}

function queryOf({ query = {} }: Call): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined
      ? []
      : Array.isArray(value)
        ? value.map((entry) => `${name}=${encodeURIComponent(String(entry))}`)
        : [`${name}=${encodeURIComponent(typeof value === "object" ? JSON.stringify(value) : String(value))}`],
  );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function lengthOf(body: unknown, method: string): Readonly<Record<string, string>> {
  if (Buffer.isBuffer(body)) return { "content-length": String(body.length) };
  return body === undefined && method !== "GET" && method !== "HEAD" ? { "content-length": "0" } : {};
}

/** The rest of a stream as UTF-8. Rejects when it breaks off. */
export async function textOf(stream: Readable, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) throw new Error(`more than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;
const isReset = (error: unknown): boolean => ["ECONNRESET", "EPIPE"].includes(codeOf(error) ?? "");
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
