import { labelNames, observedMark } from "../core/engine-labels.ts";
import type { Ports } from "../core/ports.ts";
import type { EngineEvent } from "../core/ports/container-facts.ts";
import { backoffMs } from "../core/retry.ts";
import { unreachable } from "../core/unreachable.ts";
import { resources, type Desired } from "../resources/index.ts";

// What a container engine tells of by itself. Events are hints to look and nothing more: one that is lost is made up for by
// the full pass, one that comes twice costs one look (RELIABILITY 1).

/** How much an event asks to be looked at. `thorough`: also for what only an inspect call shows. */
export type Hint = "nothing" | "look" | "thorough";

export interface EngineWatcher {
  /** What is wanted now: with nothing on an engine, none is talked to. */
  update(desired: Desired | undefined): void;
  close(): Promise<void>;
}

/**
 * What happens to a container without making it another one: commands run in it (each probe of a healthcheck is one),
 * files copied, health as it should be. In Docker's words (docs.docker.com, `docker system events`) and in Podman's
 * (podman-events(1)).
 */
const harmless =
  /^(?:exec|attach|detach|top|resize|export|commit|checkpoint|copy|archive-path|extract-to-dir|mount|unmount|sync|init|cleanup|health_status: (?!unhealthy)|push|save|list)/;

/** What an event may mean for an environment. */
export function hintOf(event: EngineEvent, mark: string | undefined, { resources: wanted }: Desired): Hint {
  const { kind, action, id, name = id, attributes } = event;
  if (harmless.test(action)) return "nothing";
  const isNamed = (all: readonly object[]): boolean => all.some((one) => "name" in one && one.name === name);
  switch (kind) {
    case "container": {
      const isOurs = mark !== undefined && attributes.get(labelNames.owner) === mark;
      if (!isOurs && !isNamed(wanted.container)) return "nothing";
      return action === "update" ? "thorough" : "look";
    }
    case "network":
      return isNamed(wanted.network) ? "look" : "nothing";
    case "volume":
      return isNamed(wanted.volume) ? "look" : "nothing";
    case "image":
      // Which reference it is about is told by name, by id or by digest: looking costs less than telling them apart.
      return wanted.image.length > 0 || wanted.container.length > 0 ? "look" : "nothing";
    default:
      return unreachable(kind);
  }
}

/** The main process of a container is gone: `die` of Docker, `died` of Podman. */
const ending = /^died?$/;

/** Milliseconds after which a stream that ends was a good one: the next try comes soon again. */
const stableMs = 10_000;

/**
 * Follows an engine's events for as long as something is wanted there, and again, after longer and longer waits, when the
 * engine restarts. Each beginning is a hint, too: what happened before it had no event.
 */
export function watchEngine(
  { containers, clock, state }: Pick<Ports, "containers" | "clock" | "state">,
  wake: (hint: Exclude<Hint, "nothing">) => void,
): EngineWatcher {
  let wanted: Desired | undefined;
  let following: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  /**
   * Docker 20.10 tells of an end first, then cleans up after it, and only then shows it in its list
   * (`ProcessEvent` in moby's daemon/monitor.go): on a busy machine a look comes too early, and there is no event more.
   * About the container itself it answers when it is done with it, so that the answer is another hint.
   */
  async function lookAfterEnd(id: string, signal: AbortSignal): Promise<void> {
    try {
      await containers.inspectContainer(id, signal);
    } catch {
      // Why it does not answer is told by the pass, which meets the same.
    }
    if (!signal.aborted) wake("look");
  }

  async function follow(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      let openedMs: number | undefined;
      const opened = (): void => {
        openedMs = clock.nowMs();
        wake("look");
      };
      try {
        for await (const event of containers.events(signal, opened)) {
          const hint = wanted === undefined ? "nothing" : hintOf(event, observedMark({ state }), wanted);
          if (hint === "nothing") continue;
          wake(hint);
          if (event.kind === "container" && ending.test(event.action)) void lookAfterEnd(event.id, signal);
        }
      } catch {
        // Why an engine cannot be asked is told by the pass, which meets the same.
      }
      if (openedMs !== undefined && clock.nowMs() - openedMs >= stableMs) attempt = 0;
      // What it did when it went away is looked at by those who can still see it; one that went away before it could be
      // followed is noticed in no other way before the next full pass.
      if ((openedMs !== undefined || attempt === 0) && !signal.aborted) wake("look");
      await clock.sleep(backoffMs(attempt, clock.random()), signal).catch(() => undefined);
    }
  }

  async function end(): Promise<void> {
    const last = following;
    following = undefined;
    last?.stop.abort();
    await last?.ended;
  }

  return {
    update(desired) {
      wanted = desired;
      if (!isOnEngine(desired)) void end();
      else if (following === undefined) {
        const stop = new AbortController();
        following = { stop, ended: follow(stop.signal) };
      }
    },
    close: end,
  };
}

/** Whether something of it is to be found on a container engine. */
const isOnEngine = (desired: Desired | undefined): desired is Desired =>
  desired !== undefined &&
  [...desired.scope].some((kind) => resources[kind].livesIn === "engine" && desired.resources[kind].length > 0);
