import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { ContainerDetails, ContainerState } from "../../../core/ports/container-facts.ts";
import { backoffMs } from "../../../core/retry.ts";

/** Tries after which the time between two grows no longer: at most 8 s. */
const slowestTry = 4;
const up: ReadonlySet<ContainerState> = new Set(["running", "paused", "restarting"]);

/**
 * Waits until a container has ended, and tells how; undefined: somebody took it away. It goes on while the engine's answer
 * is lost (a proxy that ends quiet connections, ssh, an engine that is restarted with live restore), and waiting changes
 * nothing: so that is asked again, for as long as the signal lets it.
 *
 * @throws PoststackError what asking again does not change
 */
export async function waitEnded(
  id: string,
  { containers, clock, progress }: Pick<Ports, "containers" | "clock" | "progress">,
  signal: AbortSignal,
): Promise<ContainerDetails | undefined> {
  for (let tries = 0; ; tries++) {
    try {
      await containers.waitContainer(id, signal);
      const details = await containers.inspectContainer(id, signal);
      // An engine that is going away ends the wait, too.
      if (details === undefined || !up.has(details.state)) return details;
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      progress(`asks again whether it has ended: ${error.message}`);
    }
    await clock.sleep(backoffMs(Math.min(tries, slowestTry), clock.random()), signal);
  }
}

const mayPass = (error: unknown): error is PoststackError =>
  error instanceof PoststackError &&
  ["retryable", "unknown"].includes(error.errorClass) &&
  error.code !== "ENGINE_OBJECT_GONE";
