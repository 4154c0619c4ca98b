import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { decode, encode, textAt, type Message } from "./protobuf.ts";
import type { RegistryLogin } from "./registry.ts";

/** What a build asks of us while it runs. Names as in moby/buildkit, session/*: gRPC methods, messages by field number. */
interface Answers {
  readonly secrets: ReadonlyMap<string, Buffer>;
  readonly login: (host: string) => Promise<RegistryLogin | undefined>;
}

/** gRPC status codes (grpc.io, "Status codes"). */
const [ok, notFound, internal, unimplemented] = [0, 5, 13, 12];

/** A secret of more than 500 KB is refused by BuildKit itself. */
const requestLimitBytes = 1024 * 1024;

/**
 * Serves one build's session on a connection that the engine took over: HTTP/2, the engine being the client. Requests are
 * single messages, so that gRPC is no more than a header of five bytes and a status behind the answer.
 */
export function serveSession(connection: Duplex, answers: Answers): { readonly close: () => void } {
  const session: ServerHttp2Session = performServerHandshake(connection);
  session.on("error", () => undefined);
  session.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    void respond(stream, String(headers[":path"]), answers);
  });
  return {
    close() {
      session.destroy();
      connection.destroy();
    },
  };
}

async function respond(stream: ServerHttp2Stream, method: string, answers: Answers): Promise<void> {
  const { status, message } = await requestOf(stream)
    .then((request) => answerTo(method, request, answers))
    .catch(() => ({ status: internal, message: undefined }));
  if (stream.destroyed) return;
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(status) }));
  if (message === undefined) stream.end();
  else stream.end(framed(message));
}

/** A byte that says "not compressed", the length, the message. */
const framed = (message: Buffer): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
};

async function requestOf(stream: ServerHttp2Stream): Promise<Message> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > requestLimitBytes) throw new RangeError("a request that is too large");
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks).subarray(5));
}

interface Answer {
  readonly status: number;
  readonly message: Buffer | undefined;
}

async function answerTo(method: string, request: Message, { secrets, login }: Answers): Promise<Answer> {
  switch (method) {
    case "/grpc.health.v1.Health/Check":
      // SERVING
      return { status: ok, message: encode([[1, 1]]) };
    case "/moby.buildkit.secrets.v1.Secrets/GetSecret": {
      const secret = secrets.get(textAt(request, 1));
      return secret === undefined
        ? { status: notFound, message: undefined }
        : { status: ok, message: encode([[1, secret]]) };
    }
    case "/moby.filesync.v1.Auth/Credentials": {
      const found = await login(textAt(request, 1));
      if (found === undefined) return { status: ok, message: Buffer.alloc(0) };
      // A token goes without a name (docker/cli, authprovider).
      const fields =
        "password" in found
          ? ([
              [1, found.username],
              [2, found.password],
            ] as const)
          : ([[2, found.identitytoken]] as const);
      return { status: ok, message: encode(fields) };
    }
    default:
      return { status: unimplemented, message: undefined };
  }
}
