import { PoststackError } from "../../core/errors.ts";
import { writeLimitMs } from "./client.ts";
import type { Builder } from "./build.ts";
import type { Upgrading } from "./http.ts";

/** What BuildKit may ask of us during a build: gRPC methods, which it is told of when the session is opened. */
const sessionMethods = [
  "/grpc.health.v1.Health/Check",
  "/moby.buildkit.secrets.v1.Secrets/GetSecret",
  "/moby.filesync.v1.Auth/Credentials",
] as const;

/** A connection that the engine turns round: it asks, over HTTP/2, and we answer (Docker Engine API, "Initialize interactive session"). */
export const sessionOver =
  (upgrading: Upgrading, apiVersion: string): NonNullable<Builder["openSession"]> =>
  async (id, signal) => {
    const headers = {
      // As docker-modem writes it: in another case it would be sent twice.
      Upgrade: "h2c",
      "x-docker-expose-session-uuid": id,
      "x-docker-expose-session-name": "poststack",
      // A line each.
      "x-docker-expose-session-grpc-method": [...sessionMethods],
    };
    const limited = AbortSignal.any([signal, AbortSignal.timeout(writeLimitMs)]);
    try {
      return await upgrading.upgrade(`/v${apiVersion}/session`, headers, limited);
    } catch (error) {
      signal.throwIfAborted();
      throw new PoststackError(
        "ENGINE_UNREACHABLE",
        { what: "the engine opens no session for a build", next: "see whether the engine runs, and its log" },
        { cause: error },
      );
    }
  };
