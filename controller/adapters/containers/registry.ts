import { spawn } from "node:child_process";
import { join } from "node:path";
import { textOf } from "./client.ts";
import { object, someText, text } from "./answer.ts";
import { dockerFolder, readJson, type Surroundings } from "./discover.ts";

/** A login as the engine's API takes it, and as the registry's token service does. */
export type RegistryLogin =
  | { readonly serveraddress: string; readonly username: string; readonly password: string }
  | { readonly serveraddress: string; readonly identitytoken: string };

/** The name that Docker's configuration has for Docker Hub. */
const dockerHub = "https://index.docker.io/v1/";

/** Milliseconds for a credential helper: one that asks a person in a window is not waited for. */
const helperLimitMs = 10_000;

/** The host of a reference, as logins are kept by it: `ghcr.io`, or Docker Hub's URL. */
export function registryOf(reference: string): string {
  const first = reference.split("/", 1)[0] ?? "";
  const isHost = reference.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return !isHost || first === "docker.io" || first === "index.docker.io" ? dockerHub : first;
}

/**
 * The login that `docker login` left: of the registry's own helper, the general one, or plain in config.json (docker
 * manual, "docker login", Credential stores). Undefined: there is none, or its helper fails; the registry then decides.
 */
export async function loginFor(
  registry: string,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<RegistryLogin | undefined> {
  const config = readJson(join(dockerFolder(surroundings), "config.json"));
  const helper = someText(object(config["credHelpers"])[registry]) ?? someText(config["credsStore"]);
  if (helper !== undefined) {
    const found = await askHelper(helper, registry, surroundings, signal);
    if (found !== undefined) return found;
  }
  const entry = object(object(config["auths"])[registry] ?? object(config["auths"])[`https://${registry}`]);
  const token = someText(entry["identitytoken"]);
  if (token !== undefined) return { serveraddress: registry, identitytoken: token };
  const plain = Buffer.from(text(entry["auth"]), "base64").toString("utf8");
  const colon = plain.indexOf(":");
  if (colon < 1) return undefined;
  return {
    serveraddress: registry,
    username: plain.slice(0, colon),
    password: plain.slice(colon + 1).replace(/\0+$/, ""),
  };
}

/** Every login of plain config.json and of its helpers, for a build that may pull from any of them. */
export async function allLogins(
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, RegistryLogin>> {
  const config = readJson(join(dockerFolder(surroundings), "config.json"));
  const registries = new Set([...Object.keys(object(config["auths"])), ...Object.keys(object(config["credHelpers"]))]);
  const found = new Map<string, RegistryLogin>();
  for (const registry of registries) {
    const login = await loginFor(registry, surroundings, signal);
    if (login !== undefined) found.set(registry, login);
  }
  return found;
}

/**
 * What the headers X-Registry-Auth and X-Registry-Config hold: base64 for URLs (Docker Engine API, "Authentication"), with
 * the padding that Node leaves out. Without it the engine reads nothing, says nothing, and asks the registry as nobody.
 */
export function registryHeader(value: object): string {
  const text = Buffer.from(JSON.stringify(value)).toString("base64url");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** The protocol of docker/docker-credential-helpers: the server on standard input, JSON on standard output. */
async function askHelper(
  name: string,
  registry: string,
  { environment }: Surroundings,
  signal: AbortSignal,
): Promise<RegistryLogin | undefined> {
  // It becomes the name of a program: no path, nothing else than what such names have.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return undefined;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(helperLimitMs)]);
  const program = spawn(`docker-credential-${name}`, ["get"], {
    env: Object.fromEntries(environment),
    signal: limited,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise<number>((resolve) => {
    program.once("close", (code) => resolve(code ?? 1));
    program.once("error", () => resolve(1));
  });
  program.stdin.once("error", () => undefined).end(registry);
  const printed = await textOf(program.stdout, 64 * 1024).catch(() => "");
  const code = await ended;
  signal.throwIfAborted();
  if (code !== 0) return undefined;
  try {
    const { Username: username, Secret: secret } = object(JSON.parse(printed));
    if (text(secret) === "") return undefined;
    return username === "<token>"
      ? { serveraddress: registry, identitytoken: text(secret) }
      : { serveraddress: registry, username: text(username), password: text(secret) };
  } catch {
    return undefined;
  }
}
