import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** A registry that engines pull from, as the OCI distribution specification has it; it takes none. */
export interface Registry {
  /** `127.0.0.1:5000`, the first part of references. An engine asks this machine's own without TLS. */
  readonly host: string;
  /** Makes an image of one layer, with this in its configuration, and gives it this name and tag. */
  put(name: string, tag: string, archive: Buffer, config: object): void;
  /** From now on nobody gets anything without this login, or with undefined everybody. */
  protect(login: { readonly user: string; readonly password: string } | undefined): void;
  /** From now on everything is answered with this status; 0 for what it should be. */
  fail(status: number): void;
  close(): Promise<void>;
}

interface Stored {
  readonly type: string;
  readonly content: Buffer;
}

const docker = "application/vnd.docker";
const digestOf = (content: Buffer): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;

export async function startRegistry(): Promise<Registry> {
  /** By path: blobs by digest, manifests by digest and by tag. */
  const stored = new Map<string, Stored>();
  let authorization: string | undefined;
  let failure = 0;

  function keep(folder: string, type: string, content: Buffer): { mediaType: string; size: number; digest: string } {
    const digest = digestOf(content);
    stored.set(`${folder}/${digest}`, { type, content });
    return { mediaType: type, size: content.length, digest };
  }

  function answer({ method = "", url = "", headers }: IncomingMessage, response: ServerResponse): void {
    if (failure !== 0) return refuse(response, failure, "UNKNOWN", "it failed");
    if (authorization !== undefined && headers.authorization !== authorization) {
      response.setHeader("www-authenticate", 'Basic realm="test"');
      return refuse(response, 401, "UNAUTHORIZED", "authentication required");
    }
    if (url === "/v2/") return void response.end("{}");
    const found = stored.get(url);
    if (found === undefined) return refuse(response, 404, "MANIFEST_UNKNOWN", "manifest unknown");
    response.writeHead(200, {
      "content-type": found.type,
      "content-length": found.content.length,
      "docker-content-digest": digestOf(found.content),
    });
    response.end(method === "HEAD" ? undefined : found.content);
  }

  const server = createServer(answer);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    put(name, tag, archive, config) {
      const blobs = `/v2/${name}/blobs`;
      const layer = keep(blobs, `${docker}.image.rootfs.diff.tar.gzip`, gzipSync(archive));
      const image = {
        architecture: platform(),
        os: "linux",
        config,
        rootfs: { type: "layers", diff_ids: [digestOf(archive)] },
      };
      const configured = keep(blobs, `${docker}.container.image.v1+json`, Buffer.from(JSON.stringify(image)));
      const type = `${docker}.distribution.manifest.v2+json`;
      const manifest = { schemaVersion: 2, mediaType: type, config: configured, layers: [layer] };
      const content = Buffer.from(JSON.stringify(manifest));
      keep(`/v2/${name}/manifests`, type, content);
      stored.set(`/v2/${name}/manifests/${tag}`, { type, content });
    },
    protect(login) {
      authorization = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
    },
    fail(status) {
      failure = status;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The word of images for this machine. */
const platform = (): string => (process.arch === "x64" ? "amd64" : process.arch);

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
