import { createServer, request } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Stands in front of an engine's socket and sees each call. */
export interface EngineProxy {
  /** `unix://…`, for DOCKER_HOST. */
  readonly host: string;
  /** Counts from 0 again, and does something at one of the calls to come; what it is for. */
  watch(at: number, moment: "before" | "after", act: () => void): void;
  /** `POST /containers/create`, since the last watch, ids left out. */
  writes(): readonly string[];
  /** Paths that were read since the last time this was asked, with what was asked of them; without the API's version. */
  reads(): readonly string[];
  close(): Promise<void>;
}

export async function engineProxy(socketPath: string): Promise<EngineProxy> {
  const folder = mkdtempSync(join(tmpdir(), "poststack-proxy-"));
  const socket = join(folder, "engine.sock");
  let seen: string[] = [];
  let read: string[] = [];
  let watched = { at: 0, moment: "before" as "before" | "after", act: (): void => undefined };
  const server = createServer((incoming, outgoing) => {
    const { method = "GET", url = "", headers } = incoming;
    const isWrite = method !== "GET" && method !== "HEAD";
    if (isWrite) seen.push(`${method} ${shape(url)}`);
    else read.push(withoutVersion(url));
    const isWatched = isWrite && seen.length === watched.at;
    const { moment, act } = watched;
    if (isWatched && moment === "before") {
      act();
      // The caller is gone: the engine never hears of it.
      outgoing.destroy();
      return;
    }
    const forwarded = request({ socketPath, method, path: url, headers }, (answer) => {
      if (isWatched) {
        act();
        outgoing.destroy();
        answer.resume();
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    host: `unix://${socket}`,
    watch(at, moment, act) {
      seen = [];
      watched = { at, moment, act };
    },
    writes: () => seen,
    reads() {
      const all = read;
      read = [];
      return all;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const withoutVersion = (url: string): string => url.replace(/^\/v[\d.]+/, "");

/** Without the API's version, ids and names. */
const shape = (url: string): string =>
  withoutVersion(url)
    .replace(/\?.*$/, "")
    .replace(/\/(containers|networks|volumes|images)\/(?!create$)[^/]+/, "/$1/ID");
