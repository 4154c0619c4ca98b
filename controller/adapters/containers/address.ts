import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PoststackError } from "../../core/errors.ts";

/** Where an engine listens. */
export type EngineAddress =
  | { readonly type: "socket"; readonly path: string }
  | { readonly type: "tcp"; readonly host: string; readonly port: number; readonly tls: TlsFiles | undefined }
  | {
      readonly type: "ssh";
      readonly user: string | undefined;
      readonly host: string;
      readonly port: number | undefined;
      /** The engine's socket on that machine; undefined: where its program looks. */
      readonly path: string | undefined;
      /** What goes on from ssh to the engine, over there. */
      readonly program: "docker" | "podman";
    };

/** PEM. */
export interface TlsFiles {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly verify: boolean;
}

/** As DOCKER_HOST writes it. Never with a password: none of the forms takes one that we would use. */
export function renderAddress(address: EngineAddress): string {
  if (address.type === "socket") return `unix://${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  if (address.type === "tcp") return `tcp://${host}:${address.port}`;
  const user = address.user === undefined ? "" : `${address.user}@`;
  return `ssh://${user}${host}${address.port === undefined ? "" : `:${address.port}`}${address.path ?? ""}`;
}

/** The ports that Docker's client assumes (docs.docker.com, "Configure remote access for Docker daemon"). */
const plainPort = 2375;
const tlsPort = 2376;

/**
 * An address as DOCKER_HOST, CONTAINER_HOST and contexts write it.
 *
 * @param tls what to use where the address is TCP; undefined: the plain protocol
 * @throws PoststackError `ENGINE_MISSING`: it has none of the known forms
 */
export function parseAddress(written: string, from: string, tls: TlsFiles | undefined): EngineAddress {
  const [, scheme = "", rest = ""] = /^(?:([^:/]*):\/\/)?(.*)$/s.exec(written) ?? [];
  if (scheme === "unix" && rest.startsWith("/")) return { type: "socket", path: rest };
  if (scheme === "" || scheme === "tcp" || scheme === "http" || scheme === "https" || scheme === "ssh") {
    // The socket's path is read by a shell on the other machine: nothing is in it that one could take for more.
    const isSafe = scheme !== "ssh" || /^[\w.@:[\]%/+=,-]*$/.test(rest);
    // Not as http: that form drops a port of 80.
    const url = isSafe && URL.canParse(`tcp://${rest}`) ? new URL(`tcp://${rest}`) : undefined;
    if (url !== undefined && url.hostname !== "") {
      const host = url.hostname.replaceAll(/^\[|\]$/g, "");
      const port = url.port === "" ? undefined : Number(url.port);
      if (scheme === "ssh") {
        const user = url.username === "" ? undefined : decodeURIComponent(url.username);
        const path = ["", "/"].includes(url.pathname) ? undefined : url.pathname;
        return { type: "ssh", user, host, port, path, program: from === "CONTAINER_HOST" ? "podman" : "docker" };
      }
      return { type: "tcp", host, port: port ?? (tls === undefined ? plainPort : tlsPort), tls };
    }
  }
  throw new PoststackError("ENGINE_MISSING", {
    what: `${from} is no address of a container engine`,
    next: "write unix:///path/to/docker.sock, tcp://host:2376 or ssh://user@host",
  });
}

/**
 * `ca.pem`, `cert.pem` and `key.pem` of a folder, those that are there.
 *
 * @throws PoststackError `FILE_UNREADABLE`: one is there and cannot be read; `ENGINE_LOGIN`: one half of the client's pair
 */
export function tlsFiles(folder: string, verify: boolean): TlsFiles {
  const read = (name: string): Buffer | undefined => {
    try {
      return readFileSync(join(folder, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new PoststackError(
        "FILE_UNREADABLE",
        { what: `${join(folder, name)} cannot be read: ${(error as Error).message}`, next: "see who may read it" },
        { cause: error },
      );
    }
  };
  const files = { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem"), verify };
  if ((files.cert === undefined) !== (files.key === undefined)) {
    const [there, missing] = files.cert === undefined ? ["key.pem", "cert.pem"] : ["cert.pem", "key.pem"];
    throw new PoststackError("ENGINE_LOGIN", {
      what: `${folder} has ${there} and no ${missing}`,
      next: "put both there, or neither: they are the two halves of this client's certificate",
    });
  }
  return files;
}
