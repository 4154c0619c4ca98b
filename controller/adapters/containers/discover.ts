import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import { object, someText, text, type Json } from "./answer.ts";
import { parseAddress, tlsFiles, type EngineAddress, type TlsFiles } from "./address.ts";

/** Where an engine was found, and how: for messages. */
export interface Found {
  readonly address: EngineAddress;
  readonly from: string;
}

export interface Surroundings {
  readonly environment: ReadonlyMap<string, string>;
  /** Of the user who runs this. */
  readonly uid: number | undefined;
  readonly home: string;
}

/**
 * The engine that the person means: POSTSTACK_CONTAINER_RUNTIME (`docker`, `podman`, or an address), DOCKER_HOST,
 * CONTAINER_HOST, DOCKER_CONTEXT or the docker client's current context, then the first usual socket that exists. What
 * somebody wrote is taken as it is, never replaced by a guess.
 *
 * @throws PoststackError `ENGINE_MISSING`, naming what was tried
 */
export function discover(surroundings: Surroundings): Found {
  const { environment } = surroundings;
  const runtime = environment.get("POSTSTACK_CONTAINER_RUNTIME") ?? "";
  if (runtime.includes(":"))
    return {
      address: parseAddress(runtime, "POSTSTACK_CONTAINER_RUNTIME", undefined),
      from: "POSTSTACK_CONTAINER_RUNTIME",
    };
  if (!["", "docker", "podman"].includes(runtime)) {
    throw new PoststackError("ENGINE_MISSING", {
      what: `POSTSTACK_CONTAINER_RUNTIME is "${runtime}"`,
      next: "write docker, podman or an address such as unix:///path/to/docker.sock",
    });
  }
  const written =
    runtime === "podman" ? fromPodman(environment) : (fromDocker(surroundings) ?? fromPodman(environment));
  if (written !== undefined) return written;
  const paths = usualSockets(surroundings).filter(([engine]) => runtime === "" || runtime === engine);
  const found = paths.find(([, path]) => existsSync(path));
  if (found !== undefined) return { address: { type: "socket", path: found[1] }, from: "the usual place" };
  throw new PoststackError("ENGINE_MISSING", {
    what: `no ${runtime === "" ? "container engine" : runtime} was found`,
    details: [
      `not set: ${runtime === "podman" ? "CONTAINER_HOST" : "DOCKER_HOST, DOCKER_CONTEXT, CONTAINER_HOST"}`,
      ...paths.map(([, path]) => `not there: ${path}`),
    ],
    next: "start Docker or Podman (systemctl start docker, or systemctl --user start podman.socket), or say where it is with DOCKER_HOST",
  });
}

function fromPodman(environment: ReadonlyMap<string, string>): Found | undefined {
  const host = environment.get("CONTAINER_HOST") ?? "";
  return host === "" ? undefined : { address: parseAddress(host, "CONTAINER_HOST", undefined), from: "CONTAINER_HOST" };
}

function fromDocker(surroundings: Surroundings): Found | undefined {
  const { environment } = surroundings;
  const host = environment.get("DOCKER_HOST") ?? "";
  if (host !== "") return { address: parseAddress(host, "DOCKER_HOST", tlsOf(surroundings)), from: "DOCKER_HOST" };
  const folder = dockerFolder(surroundings);
  const named = environment.get("DOCKER_CONTEXT") ?? "";
  const context = named === "" ? text(readJson(join(folder, "config.json"))["currentContext"]) : named;
  return context === "" || context === "default" ? undefined : fromContext(folder, context);
}

/** As the docker client reads them: DOCKER_TLS_VERIFY and DOCKER_TLS are on when they hold anything (docker manual, "Environment variables"). */
function tlsOf(surroundings: Surroundings): TlsFiles | undefined {
  const written = (name: string): string => surroundings.environment.get(name) ?? "";
  const isVerified = written("DOCKER_TLS_VERIFY") !== "";
  if (!isVerified && written("DOCKER_TLS") === "") return undefined;
  const folder = written("DOCKER_CERT_PATH") === "" ? dockerFolder(surroundings) : written("DOCKER_CERT_PATH");
  const files = tlsFiles(folder, isVerified);
  if (isVerified && files.ca === undefined) {
    throw new PoststackError("ENGINE_LOGIN", {
      what: `DOCKER_TLS_VERIFY is set, and there is no ca.pem in ${folder}`,
      next: "set DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem",
    });
  }
  return files;
}

/** Where the docker client keeps its configuration. */
export function dockerFolder({ environment, home }: Pick<Surroundings, "environment" | "home">): string {
  const folder = environment.get("DOCKER_CONFIG") ?? "";
  return folder === "" ? join(home, ".docker") : folder;
}

/** A context lies in `contexts/meta/<SHA-256 of its name>`, its certificates in `contexts/tls/<the same>/docker`. */
function fromContext(folder: string, name: string): Found {
  const hash = createHash("sha256").update(name).digest("hex");
  const meta = readJson(join(folder, "contexts", "meta", hash, "meta.json"));
  const endpoint = object(object(meta["Endpoints"])["docker"]);
  const host = someText(endpoint["Host"]);
  const from = `docker context "${name}"`;
  if (host === undefined) {
    throw new PoststackError("ENGINE_MISSING", {
      what: `${from} is chosen and does not exist`,
      next: "docker context ls lists those that do; docker context use default goes back",
    });
  }
  const certificates = join(folder, "contexts", "tls", hash, "docker");
  const tls: TlsFiles | undefined = existsSync(certificates)
    ? tlsFiles(certificates, endpoint["SkipTLSVerify"] !== true)
    : undefined;
  return { address: parseAddress(host, from, tls), from };
}

/** In the order in which they are tried: the system's Docker, one's own, Docker Desktop's, then Podman's. */
function usualSockets({ environment, uid, home }: Surroundings): readonly (readonly ["docker" | "podman", string])[] {
  const runtimeFolder = environment.get("XDG_RUNTIME_DIR") ?? (uid === undefined ? "" : `/run/user/${uid}`);
  const own = (...path: readonly string[]): string => join(runtimeFolder, ...path);
  const isRoot = uid === 0;
  return [
    ["docker", "/var/run/docker.sock"],
    ...(runtimeFolder === "" ? [] : [["docker", own("docker.sock")] as const]),
    ["docker", join(home, ".docker", "run", "docker.sock")],
    ...(runtimeFolder === "" || isRoot ? [] : [["podman", own("podman", "podman.sock")] as const]),
    ["podman", "/run/podman/podman.sock"],
  ];
}

/** Nothing where there is no file, or none that is JSON: the docker client's configuration is optional. */
export function readJson(path: string): Json {
  try {
    return object(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return {};
  }
}
