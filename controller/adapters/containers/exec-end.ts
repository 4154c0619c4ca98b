import { PoststackError } from "../../core/errors.ts";
import { object } from "./answer.ts";
import { readLimitMs, type Client } from "./client.ts";
import { shortIds } from "./failure.ts";

/** Looks at a command whose output has ended, and milliseconds between them: ten seconds for an engine under load. */
const looks = 50;
const betweenMs = 200;

/**
 * The exit code of a command whose output has ended. The output ends with the command, or with the connection: a proxy may
 * close one that is quiet. So the engine is asked, and what still runs, or has no code, has not ended well.
 *
 * @param path of the command, as the engine's API has it: `/exec/<id>`
 * @throws PoststackError `ENGINE_CONNECTION_LOST`: nobody knows how it ends
 */
export async function exitCodeOf(
  client: Pick<Client, "ask">,
  path: string,
  doing: string,
  signal: AbortSignal,
): Promise<number> {
  for (let look = 1; look <= looks; look++) {
    const ended = object(
      await client.ask({ method: "GET", path: `${path}/json`, doing, limitMs: readLimitMs }, signal),
    );
    if (ended["Running"] === false && typeof ended["ExitCode"] === "number") return ended["ExitCode"];
    await new Promise((resolve) => void setTimeout(resolve, betweenMs));
  }
  throw outputBrokeOff(doing);
}

/** Of a command in a container: it may still run, and what it does nobody knows. */
export const outputBrokeOff = (doing: string, cause?: unknown): PoststackError =>
  new PoststackError(
    "ENGINE_CONNECTION_LOST",
    { what: `${shortIds(doing)}: its output broke off before it ended`, next: "run the same again: it looks first" },
    { cause },
  );
