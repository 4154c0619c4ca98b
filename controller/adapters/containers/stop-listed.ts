import { clock } from "../clock.ts";
import { list, object } from "./answer.ts";
import { readLimitMs, type Client } from "./client.ts";

/** How often the list is asked, and milliseconds between: 19 ms were seen. */
const tries = 50;
const pauseMs = 5;

/**
 * Waits until the list tells of a stop that was answered. Docker 26 answers it first, and writes the copy that lists are read
 * from afterwards (moby, handleContainerExit: SetStopped, then CheckpointTo): who looked at once would find the container
 * running, and stop it again. One that runs all the same was started by somebody else meanwhile: the next look tells. The
 * stop itself is done: a list that fails makes no failure of it.
 *
 * @throws the signal's reason alone
 */
export async function untilStopIsListed(client: Client, id: string, signal: AbortSignal): Promise<void> {
  const query = { all: 1, filters: { id: [id] } };
  const call = { method: "GET", path: "/containers/json", query, doing: "listing containers" } as const;
  for (let left = tries; left > 0; left -= 1) {
    const asking = client.ask({ ...call, limitMs: readLimitMs }, signal);
    const found = list(await asking.catch(() => signal.throwIfAborted()));
    if (!found.some((entry) => object(entry)["State"] === "running")) return;
    await clock.sleep(pauseMs, signal);
  }
}
