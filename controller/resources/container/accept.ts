import type { ContainerState, Health } from "../../core/ports/container-facts.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DesiredContainer } from "./model.ts";

/** How far one has come. */
export type Verdict =
  | { readonly type: "accepted" }
  | { readonly type: "waiting" | "failed"; /** `up for 2 s of 5 s` */ readonly why: string };

export interface Standing {
  readonly state: ContainerState;
  readonly health: Health;
  readonly exitCode: number | undefined;
  /** Since its last start, by whoever started it: a restart begins anew. */
  readonly upMs: number | undefined;
}

const accepted: Verdict = { type: "accepted" };

/**
 * Running is not healthy (RELIABILITY 15): it is not being restarted, has been up for a while, and its check passes if it
 * has one.
 */
export function judge(desired: DesiredContainer, { state, health, exitCode, upMs }: Standing): Verdict {
  switch (state) {
    case "running": {
      if (health === "unhealthy") return { type: "failed", why: "its healthcheck fails" };
      if (health === "starting") return { type: "waiting", why: "its healthcheck has not passed yet" };
      const { stableMs } = desired.acceptance;
      const isStable = stableMs === 0 || (upMs ?? 0) >= stableMs;
      return isStable ? accepted : { type: "waiting", why: `up for ${seconds(upMs ?? 0)} of ${seconds(stableMs)}` };
    }
    case "restarting":
      return { type: "waiting", why: `the engine restarts it${exitText(exitCode)}` };
    case "exited":
    case "dead":
      return mayEnd(desired, exitCode) ? accepted : { type: "failed", why: `it ended${exitText(exitCode)}` };
    case "created":
      return { type: "failed", why: "it was not started" };
    case "paused":
      return { type: "failed", why: "it is paused" };
    case "removing":
    case "unknown":
      return { type: "waiting", why: `the engine calls it ${state}` };
    default:
      return unreachable(state);
  }
}

/**
 * Whether it may end well and nothing is wrong: it is what others wait for to complete; or it is not to be restarted, and
 * nobody can be using it, since it has no port and no check. A worker that somebody stopped looks the same:
 * {@link hasRun} tells whether it is done.
 */
export function mayEnd({ runs, spec }: DesiredContainer, exitCode: number | undefined): boolean {
  if (exitCode !== 0) return false;
  if (runs === "once") return true;
  const isRestarted = spec.restart?.name === "always" || spec.restart?.name === "unless-stopped";
  const hasCheck = spec.healthcheck !== undefined && spec.healthcheck !== "none";
  return !isRestarted && spec.ports.length === 0 && !hasCheck;
}

/**
 * Whether it ended well and is not started again. What others wait for to complete runs once. Anything else is started
 * again by each command, as Compose does it, and once by each.
 */
export const hasRun = (
  desired: DesiredContainer,
  { exitCode, startedAt }: { readonly exitCode: number | undefined; readonly startedAt: Date | undefined },
): boolean =>
  mayEnd(desired, exitCode) &&
  (desired.runs === "once" || (desired.since !== undefined && startedAt !== undefined && startedAt >= desired.since));

const exitText = (exitCode: number | undefined): string =>
  exitCode === undefined ? "" : ` with exit code ${exitCode}`;
const seconds = (ms: number): string => `${Math.floor(ms / 1000)} s`;
