import { PoststackError } from "./errors.ts";
import type { ResourceId } from "./id.ts";
import { lastWords, shownLines } from "./last-words.ts";
import type { Place } from "./place.ts";
import type { Ports } from "./ports.ts";
import type { ContainerDetails } from "./ports/container-facts.ts";
import { sharedLook } from "./shared-looks.ts";

/** Between two looks at one dependency, in milliseconds. */
const pollMs = 250;

/** A container that has to be so far before something else may start. */
export interface ContainerNeed {
  readonly id: ResourceId;
  /** As the engine knows it. */
  readonly name: string;
  readonly condition: "started" | "healthy" | "completed";
  /** False: it is waited for, and what waits starts without it. */
  readonly required: boolean;
}

export interface Waiting {
  /** What waits. */
  readonly id: ResourceId;
  readonly place: Place;
  readonly limitMs: number;
}

/**
 * Waits until what something needs is healthy or has completed (`depends_on` with a condition). That it was started is
 * known already: its action came before. Undefined: there is nothing to wait for.
 *
 * @throws PoststackError `DEPENDENCY_FAILED`, naming which, with what it said last
 */
export function whenMet(
  needs: readonly ContainerNeed[],
  waiting: Waiting,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> | undefined {
  const open = needs.filter(({ condition }) => condition !== "started");
  if (open.length === 0) return undefined;
  const waits = open.map(async (need) => {
    await waitFor(need, waiting, ports, signal).catch((error: unknown) => {
      if (need.required || !(error instanceof PoststackError) || signal.aborted) throw error;
      ports.log.warn({ resource: waiting.id, error: error.message }, "starts without what it need not have");
    });
  });
  return Promise.all(waits).then(() => undefined);
}

async function waitFor(need: ContainerNeed, waiting: Waiting, ports: Ports, signal: AbortSignal): Promise<void> {
  const { clock } = ports;
  const startMs = clock.nowMs();
  let fromMs = startMs;
  for (let isSecondFailure = false; ;) {
    const details = await sharedLook(need.name, fromMs, ports, signal);
    const state = stateOf(need, details);
    if (state.type === "met") return;
    const isOver = clock.nowMs() - startMs >= waiting.limitMs;
    // Between its end and the engine's restart one looks as if it had ended for good: once is not enough.
    if (isOver || (state.type === "failed" && isSecondFailure)) {
      throw await failed(need, waiting, state, details, ports, signal);
    }
    isSecondFailure = state.type === "failed";
    ports.progress(`waits for ${need.id}: ${state.why}`);
    // Two looks of one that waits are never one.
    fromMs = clock.nowMs() + pollMs / 2;
    await clock.sleep(pollMs, signal);
  }
}

type NeedState =
  | { readonly type: "met" }
  | { readonly type: "waiting"; readonly why: string }
  /** `next`: what helps, where its log does not tell. */
  | { readonly type: "failed"; readonly why: string; readonly next?: string };

function stateOf({ condition }: ContainerNeed, details: ContainerDetails | undefined): NeedState {
  if (details === undefined) return { type: "failed", why: "it is not there" };
  const { state, exitCode, health } = details;
  const isEnded = state === "exited" || state === "dead";
  if (condition === "completed") {
    if (!isEnded) return { type: "waiting", why: "it has not completed yet" };
    return exitCode === 0 ? { type: "met" } : { type: "failed", why: `it ended with exit code ${exitCode}` };
  }
  if (isEnded) return { type: "failed", why: `it ended with exit code ${exitCode}` };
  if (health === "healthy") return { type: "met" };
  if (health === "unhealthy") return { type: "failed", why: "its healthcheck fails" };
  if (health === undefined && state === "running") {
    return {
      type: "failed",
      why: "it has no healthcheck",
      next: "give it a healthcheck, or wait for it with condition: service_started",
    };
  }
  return { type: "waiting", why: state === "running" ? "its healthcheck has not passed yet" : `it is ${state}` };
}

async function failed(
  need: ContainerNeed,
  { id, place }: Waiting,
  { why, next }: { readonly why: string; readonly next?: string },
  details: ContainerDetails | undefined,
  ports: Ports,
  signal: AbortSignal,
): Promise<PoststackError> {
  const log = details === undefined ? [] : await lastWords(details.id, ports, signal);
  const check = details?.healthOutput?.trimEnd().split("\n").slice(-shownLines) ?? [];
  return new PoststackError("DEPENDENCY_FAILED", {
    what: `${id} waits for ${need.id} to be ${need.condition}, and ${why}`,
    where: place,
    details: [...check.filter((line) => line !== "").map((line) => `check: ${line}`), ...log],
    next: next ?? `see what ${need.id} says (docker logs ${need.name}), and apply again`,
  });
}
