import type { EngineIdentity } from "../core/ports/container-facts.ts";
import type { ContextSpec } from "../core/ports/container-images.ts";
import type { ContainerEngine } from "../core/ports/containers.ts";
import type { TextCache } from "../core/ports/files.ts";
import { renderAddress } from "./containers/address.ts";
import { engineClient } from "./containers/client.ts";
import { sessionOver } from "./containers/build-upgrade.ts";
import { containerCalls } from "./containers/container-calls.ts";
import { discover, type Surroundings } from "./containers/discover.ts";
import { dockerodeConnection } from "./containers/dockerode.ts";
import { greet, type Greeting } from "./containers/engine.ts";
import { httpConnection, type Connection, type Upgrading } from "./containers/http.ts";
import { objectCalls } from "./containers/object-calls.ts";
import { streamCalls } from "./containers/stream-calls.ts";

/** One engine that has answered. */
interface Opened extends Greeting {
  readonly identity: EngineIdentity;
  /** For what takes seconds: the same API by another way. */
  readonly slow: Greeting;
  readonly upgrading: Upgrading;
}

/**
 * The container engine of this machine, found and asked at the first call: whoever needs none notices nothing.
 *
 * @param openCache of what the files of a build context hold, anew for each look; absent: all are read
 */
export function containerEngine(
  surroundings: Surroundings,
  openCache?: (context: ContextSpec) => TextCache,
): ContainerEngine {
  let opening: Promise<Opened> | undefined;
  let close = (): void => undefined;

  function opened(signal: AbortSignal): Promise<Opened> {
    if (opening !== undefined) return opening;
    const begun = open(signal);
    opening = begun;
    // An engine that did not answer is looked for again.
    begun.catch(() => {
      if (opening === begun) opening = undefined;
    });
    return begun;
  }

  async function open(signal: AbortSignal): Promise<Opened> {
    const found = discover(surroundings);
    const { address } = found;
    const fast = httpConnection(address, surroundings.environment);
    close = () => fast.close();
    const greeting = await greet(fast, found, signal);
    // dockerode knows no program of ours as a connection.
    const slow = address.type === "ssh" ? fast : dockerodeConnection(address);
    const identity = { engine: greeting.dialect.engine, address: renderAddress(address) };
    return { ...greeting, identity, slow: over(slow, greeting), upgrading: slow };
  }

  const over = (connection: Connection, greeting: Greeting): Greeting => ({
    ...greeting,
    client: engineClient(connection, "the engine", `/v${greeting.apiVersion}`),
  });

  return {
    identify: async (signal) => (await opened(signal)).identity,
    facts: async (signal) => (await opened(signal)).facts(signal),
    ...containerCalls(opened),
    ...objectCalls(opened),
    ...streamCalls(opened),
    async pullImage(reference, options, signal) {
      const { pullImage } = await import("./containers/pull.ts");
      await pullImage((await opened(signal)).slow, surroundings, reference, options, signal);
    },
    async buildContext(spec, signal) {
      const { contextFacts } = await import("./containers/context-facts.ts");
      return await contextFacts(spec, openCache && (() => openCache(spec)), signal);
    },
    async buildImage(spec, signal) {
      const { buildImage } = await import("./containers/build.ts");
      const { slow, upgrading, dialect } = await opened(signal);
      const openSession = dialect.hasBuildKit ? sessionOver(upgrading, slow.apiVersion) : undefined;
      return await buildImage({ session: slow, surroundings, openSession }, spec, signal);
    },
    close() {
      close();
      opening = undefined;
      return Promise.resolve();
    },
  };
}

/** The engine's address when it is on another machine; asks nobody. Undefined also where it cannot be told yet. */
export function farEngine(surroundings: Surroundings): string | undefined {
  try {
    const { address } = discover(surroundings);
    return address.type === "socket" ? undefined : renderAddress(address);
  } catch {
    // Whoever needs the engine is told why there is none.
    return undefined;
  }
}
