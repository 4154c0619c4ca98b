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
  return `ssh://${user}${host}${address.port === undefined ? "" : `:${address.port}`}`;
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
    const url = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : undefined;
    if (url !== undefined && url.hostname !== "") {
      const host = url.hostname.replaceAll(/^\[|\]$/g, "");
      const port = url.port === "" ? undefined : Number(url.port);
      if (scheme === "ssh")
        return { type: "ssh", user: url.username === "" ? undefined : decodeURIComponent(url.username), host, port };
      return { type: "tcp", host, port: port ?? (tls === undefined ? plainPort : tlsPort), tls };
    }
  }
  throw new PoststackError("ENGINE_MISSING", {
    what: `${from} is no address of a container engine`,
    next: "write unix:///path/to/docker.sock, tcp://host:2376 or ssh://user@host",
  });
}

/** `ca.pem`, `cert.pem` and `key.pem` of a folder, those that are there. */
export function tlsFiles(folder: string, verify: boolean): TlsFiles {
  const read = (name: string): Buffer | undefined => {
    try {
      return readFileSync(join(folder, name));
    } catch {
      return undefined;
    }
  };
  return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem"), verify };
}
