import { PoststackError, type ErrorCode } from "./errors.ts";
import type { Ports } from "./ports.ts";
import type { LogOptions } from "./ports/containers.ts";

/** Lines of a log or a check that an error shows. */
export const shownLines = 20;

/** What says to read the log of a container. */
const logCodes: readonly ErrorCode[] = ["UNHEALTHY", "POSTGRES_START"];

/**
 * The error about a container that was taken away again, its log with it: nothing is left to be read but what the error shows.
 *
 * @param outcome what runs now
 */
export function takenAway(error: PoststackError, outcome: string): PoststackError {
  const { code, ...facts } = error.facts;
  const isOfLog = logCodes.includes(code);
  const next = "what it said last is all there is, since its log went with it; correct it, and apply again";
  const what = `${facts.what}; ${outcome}`;
  return new PoststackError(code, { ...facts, what, ...(isOfLog ? { next } : {}) }, { cause: error });
}

/**
 * What a container said last, for an error that shows it. That error is what matters: of a log that cannot be read (its
 * driver keeps none, the engine falls silent) it shows as much as there is.
 */
export async function lastWords(
  id: string,
  { containers }: Pick<Ports, "containers">,
  signal: AbortSignal,
  options: Pick<LogOptions, "since"> = {},
): Promise<readonly string[]> {
  const lines: string[] = [];
  try {
    for await (const { line } of containers.logs(id, { tail: shownLines, ...options }, signal)) lines.push(line);
  } catch (error) {
    if (signal.aborted || !(error instanceof PoststackError)) throw error;
    lines.push(`its log cannot be read: ${error.message}`);
  }
  return lines;
}
