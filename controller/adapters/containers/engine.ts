import type { EngineFacts } from "../../core/ports/container-facts.ts";
import { PoststackError } from "../../core/errors.ts";
import { renderAddress } from "./address.ts";
import { object, text, texts } from "./answer.ts";
import { engineClient, readLimitMs, type Client } from "./client.ts";
import type { Session } from "./container-calls.ts";
import { versionNumber } from "./dialect.ts";
import { dockerDialect } from "./docker.ts";
import type { Found } from "./discover.ts";
import type { Connection } from "./http.ts";
import { podmanDialect } from "./podman.ts";

/**
 * The newest version of the API that is spoken with each: what this was written and tried for. Podman 5.8 offers 1.44, and
 * leaves out in silence what came with 1.42 and 1.44, such as the signal of a stop and a healthcheck's start interval: with
 * the version that every Podman has kept, these are asked for in another way, or refused.
 */
const newestApi = { docker: "1.51", podman: "1.41" } as const;

/** The oldest that works: Docker 20.10. */
const oldestApi = "1.41";

/** Who answered: an engine, the version that is spoken with it, and what it says of itself. */
export interface Greeting extends Session {
  readonly version: string;
  readonly facts: (signal: AbortSignal) => Promise<EngineFacts>;
}

/**
 * Asks an engine who it is, once, and settles on a version of the API. What a ping says with its head is enough (Docker Engine
 * API, "Ping"; Podman, pkg/api/handlers/compat/ping.go); to tell its version in full, Docker 20.10 starts two programs.
 *
 * @throws PoststackError `ENGINE_UNREACHABLE`, `ENGINE_TOO_OLD`
 */
export async function greet(connection: Connection, found: Found, signal: AbortSignal): Promise<Greeting> {
  const address = renderAddress(found.address);
  const plain = engineClient(connection, address, "");
  const call = { method: "GET", path: "/_ping", doing: "asking the engine who it is", limitMs: readLimitMs } as const;
  const answer = await plain.open(call, signal);
  answer.resume();
  const offered = text(answer.headers["api-version"]);
  const [, name, version = ""] = /^(\w+)\/(\S+)/.exec(text(answer.headers["server"])) ?? [];
  const isPodman = name === "Libpod";
  const isOld = isPodman ? Number.parseInt(version, 10) < 4 : versionNumber(offered) < versionNumber(oldestApi);
  if (isOld) {
    throw new PoststackError("ENGINE_TOO_OLD", {
      what: `${isPodman ? "Podman" : "Docker"} ${version} at ${address} is too old`,
      next: "Docker 20.10 or Podman 4 is the oldest that works",
    });
  }
  const newest = newestApi[isPodman ? "podman" : "docker"];
  const apiVersion = versionNumber(offered) > versionNumber(newest) ? newest : offered;
  const client = engineClient(connection, address, `/v${apiVersion}`);
  const dialect = isPodman ? podmanDialect : dockerDialect(apiVersion);
  let facts: Promise<EngineFacts> | undefined;
  const greeting: Greeting = {
    client,
    dialect,
    apiVersion,
    version,
    facts(asking) {
      facts ??= readFacts(client, greeting, found, asking);
      // What failed is asked again.
      facts.catch(() => (facts = undefined));
      return facts;
    },
  };
  return greeting;
}

async function readFacts(
  client: Client,
  { dialect, apiVersion, version }: Greeting,
  { address, from }: Found,
  signal: AbortSignal,
): Promise<EngineFacts> {
  const call = { method: "GET", path: "/info", doing: "asking the engine what it is", limitMs: readLimitMs } as const;
  const info = object(await client.ask(call, signal));
  const security = texts(info["SecurityOptions"]);
  return {
    engine: dialect.engine,
    version,
    apiVersion,
    address: renderAddress(address),
    from,
    isLocal: address.type === "socket",
    isRootless: security.some((option) => option.includes("name=rootless")) || info["Rootless"] === true,
    platform: `${text(info["OSType"])}/${architecture(text(info["Architecture"]))}`,
    changesInPlace: dialect.changesInPlace,
  };
}

/** The kernel's word for the machine, and that of image platforms (containerd, platforms). */
const architecture = (machine: string): string =>
  ({ x86_64: "amd64", aarch64: "arm64", armv7l: "arm", i686: "386" })[machine] ?? machine;
