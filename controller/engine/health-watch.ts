import type { Ports } from "../core/ports.ts";
import type { Desired } from "../resources/index.ts";

/** Milliseconds between probes where the files say nothing (podman-run(1), --health-interval). */
const defaultIntervalMs = 30_000;

/**
 * Podman probes by timers of systemd. Where there is none, a container is only probed when somebody looks at it: so the
 * list is asked for as often as the most frequent check wants it. Docker probes by itself, and tells.
 *
 * @returns names of the containers whose check fails, as they were last seen; nothing on Docker
 */
export function healthWatch({
  containers,
  clock,
}: Pick<Ports, "containers" | "clock">): (
  desired: Desired | undefined,
  signal: AbortSignal,
) => Promise<readonly string[]> {
  let ill: readonly string[] = [];
  let lookedMs = Number.NEGATIVE_INFINITY;
  return async (desired, signal) => {
    const checked = (desired?.resources.container ?? []).flatMap(({ name, to, spec: { healthcheck } }) =>
      // Without a word about it, its image may have one.
      to !== "running" || healthcheck === "none"
        ? []
        : [{ name, intervalMs: healthcheck?.intervalMs ?? defaultIntervalMs }],
    );
    const intervalMs = Math.min(...checked.map((one) => one.intervalMs));
    if (clock.nowMs() - lookedMs < intervalMs || checked.length === 0) return ill;
    lookedMs = clock.nowMs();
    try {
      if ((await containers.identify(signal)).engine !== "podman") return ill;
      const isOurs = (name: string): boolean => checked.some((one) => one.name === name);
      const all = await containers.containers(signal);
      ill = all.flatMap(({ names, health }) => (health === "unhealthy" ? names.filter(isOurs) : [])).sort();
    } catch {
      // The pass tells why an engine cannot be asked.
    }
    return ill;
  };
}
