import type { IncomingMessage } from "node:http";
import { PoststackError } from "../../core/errors.ts";
import { object, type Json } from "./answer.ts";
import { lines } from "./frames.ts";
import { heard } from "./heard.ts";

/** Milliseconds without a word until a pull or a build counts as hanging (RELIABILITY 31). */
const silenceLimitMs = 120_000;

/**
 * The messages of a pull or a build, one JSON object a line. Ends when the engine falls silent.
 *
 * @throws PoststackError `TIMEOUT`; and what broke the stream
 */
export async function* progress(answer: IncomingMessage, doing: string, signal: AbortSignal): AsyncGenerator<Json> {
  const late = (): PoststackError =>
    new PoststackError("TIMEOUT", {
      what: `${doing}: no progress for ${silenceLimitMs / 1_000} s`,
      next: "see whether the engine reaches the registry, and its log",
    });
  const end = (): void => void answer.destroy(signal.reason as Error);
  signal.addEventListener("abort", end, { once: true });
  try {
    for await (const line of lines(heard(answer, silenceLimitMs, late))) if (line.trim() !== "") yield parsed(line);
  } catch (error) {
    if (error instanceof PoststackError || signal.aborted) throw error;
    throw new PoststackError(
      "ENGINE_CONNECTION_LOST",
      { what: `${doing}: the engine's answer broke off`, next: "run the same again: it looks first" },
      { cause: error },
    );
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** A message; what never was one is a line of the program's. @throws SyntaxError half a message: what it says is not known */
function parsed(line: string): Json {
  try {
    return object(JSON.parse(line));
  } catch (error) {
    if (line.startsWith("{")) throw error;
    return { stream: line };
  }
}
