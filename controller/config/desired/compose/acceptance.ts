import type { ContainerSpec } from "../../../core/ports/container-spec.ts";
import type { DesiredContainer } from "../../../resources/container/model.ts";

/** How long a container must have been up to count (RELIABILITY 15). */
const stableMs = 5_000;

/** How long it may take at least, unless the command says otherwise (RELIABILITY 31). */
const shortestLimitMs = 300_000;

/** What an engine takes where the check says nothing (Dockerfile reference: HEALTHCHECK). */
const usual = { intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, retries: 3 };

/**
 * When a new container counts, and when it is given up: not before its check has had the time that the file gives it,
 * which is its start period and then as many probes as may fail.
 */
export function acceptanceOf({ healthcheck }: Pick<ContainerSpec, "healthcheck">): DesiredContainer["acceptance"] {
  if (healthcheck === undefined || healthcheck === "none") return { stableMs, limitMs: shortestLimitMs };
  const { intervalMs, timeoutMs, startPeriodMs, retries } = { ...usual, ...healthcheck };
  return { stableMs, limitMs: Math.max(shortestLimitMs, startPeriodMs + retries * (intervalMs + timeoutMs)) };
}
