import { PoststackError, classOf, fromFacts, type ErrorFacts } from "../core/errors.ts";
import { resourceId } from "../core/id.ts";
import type { Place } from "../core/place.ts";
import type { Deferred } from "../core/plan.ts";
import type { Ports } from "../core/ports.ts";
import { kinds, resources, type Kind, type ObservedResources } from "../resources/index.ts";
import type { Outline } from "../resources/outline.ts";
import { checkEngine } from "./known-engine.ts";
import { asked, patience } from "./patience.ts";
import { sharedLists, sharedState } from "./shared-lists.ts";

/** A fresh snapshot of the world. A kind that could not be asked is missing from `observed` and stands in `deferred`. */
export interface Observation {
  readonly observed: Partial<ObservedResources>;
  readonly deferred: readonly Deferred[];
  /** Why a server that somebody else runs, or one that was up a moment ago, could not be asked. It may pass by itself. */
  readonly unanswered?: ErrorFacts;
}

/**
 * Milliseconds that all questions of one pass to one kind may take (RELIABILITY 31); what this process does with the answers,
 * and with the files, does not count. Each call to an engine has a limit of its own, which says more: several that are slow
 * and still answer are no failure.
 */
const limitMs = 10_000;
const engineLimitMs = 30_000;

/** The world while nothing is done to it: what several ask is asked once. It ends with the look that it was made for. */
export const duringLook = (world: Ports): Ports => ({
  ...world,
  containers: sharedLists(world.containers),
  state: sharedState(world.state),
});

/**
 * Asks every kind in scope. The server comes first: what lives in it does not exist without data, cannot be asked while
 * it is down, and shares one connection when it is up.
 */
export async function observe(desired: Outline, world: Ports, signal: AbortSignal): Promise<Observation> {
  const ports = duringLook(world);
  const observed: { [K in Kind]?: unknown } = {};
  const deferred: Deferred[] = [];
  const inScope = kinds.filter((kind) => desired.scope.has(kind));
  const ask = async (kind: Kind): Promise<void> => {
    observed[kind] = await observeKind(kind, desired, ports, signal);
  };

  await checkEngine(desired, ports, signal);
  const server = await observeServer(desired, ports, signal);
  let { unanswered } = server;
  if (desired.scope.has("instance")) observed.instance = server.observed;

  await Promise.all(
    inScope.map(async (kind) => {
      if (kind === "instance") return;
      const { livesIn } = resources[kind];
      if (livesIn === "host" || livesIn === "engine") return ask(kind);
      if (server.state === "absent") {
        observed[kind] = [];
      } else if (server.state === "down") {
        deferred.push(...deferredOf(kind, desired, unanswered?.what ?? "the server is not running"));
      } else {
        await ask(kind).catch((error: unknown) => {
          unanswered = serverGone(error);
          deferred.push(...deferredOf(kind, desired, `the server cannot be asked: ${unanswered.what}`));
        });
      }
    }),
  );
  return {
    observed: observed as Partial<ObservedResources>,
    deferred,
    ...(unanswered === undefined ? {} : { unanswered }),
  };
}

interface ServerState {
  readonly state: "absent" | "down" | "up";
  readonly observed: ObservedResources["instance"];
  readonly unanswered?: ErrorFacts;
}

async function observeServer(desired: Outline, ports: Ports, signal: AbortSignal): Promise<ServerState> {
  if (desired.resources.instance.length === 0) return { state: "absent", observed: [] };
  const observed = await observeKind("instance", desired, ports, signal);
  const [found] = observed;
  const state = found?.server ?? "absent";
  const isPassing = found?.error !== undefined && classOf(found.error.code) === "retryable";
  return { state, observed, ...(isPassing ? { unanswered: found.error } : {}) };
}

async function observeKind<K extends Kind>(
  kind: K,
  desired: Outline,
  ports: Ports,
  signal: AbortSignal,
): Promise<ObservedResources[K]> {
  const { livesIn } = resources[kind];
  const isInEngine = livesIn === "engine";
  const isInServer = livesIn === "server" || livesIn === "database";
  const kindLimitMs = isInEngine ? engineLimitMs : limitMs;
  const { server, isWaiting } = asked(ports.server);
  const limit = isInServer ? patience(kindLimitMs, isWaiting) : patience(kindLimitMs);
  const wanted = desired.resources[kind] as readonly never[];
  const [first] = desired.resources[kind] as readonly { readonly place?: Place }[];
  try {
    const limited = isInServer ? { ...ports, server } : ports;
    const observed = await resources[kind].observe(wanted, limited, AbortSignal.any([signal, limit.signal]));
    return observed as ObservedResources[K];
  } catch (error) {
    if (signal.aborted) throw error;
    // Of the one answer that did not come it says more, and does not know for whom it was asked.
    if (error instanceof PoststackError && error.code === "TIMEOUT") throw placed(error, first?.place);
    if (!limit.signal.aborted) throw error;
    throw new PoststackError(
      "TIMEOUT",
      {
        what: `looking at every ${kind} took longer than ${kindLimitMs / 1_000} s`,
        ...(first?.place === undefined ? {} : { where: first.place }),
        next: isInEngine ? "see whether the container engine answers: docker info" : "see whether the server answers",
      },
      { cause: error },
    );
  } finally {
    limit.end();
  }
}

const placed = (error: PoststackError, where: Place | undefined): PoststackError =>
  where === undefined ? error : fromFacts({ where, ...error.facts }, { cause: error.cause });

/** A server that went away between two questions is a server that cannot be asked; anything else is an error. */
function serverGone(error: unknown): ErrorFacts {
  if (!(error instanceof PoststackError) || error.code === "TIMEOUT") throw error;
  if (["retryable", "unknown"].includes(error.errorClass)) return error.facts;
  throw error;
}

function deferredOf(kind: Kind, desired: Outline, reason: string): readonly Deferred[] {
  const wanted: readonly object[] = desired.resources[kind];
  return wanted.map((one) => ({
    id: "id" in one ? (one.id as Deferred["id"]) : resourceId(kind, "all"),
    reason,
  }));
}
