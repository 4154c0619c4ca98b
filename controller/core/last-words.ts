import { PoststackError } from "./errors.ts";
import type { Ports } from "./ports.ts";
import type { LogOptions } from "./ports/containers.ts";

/** Lines of a log or a check that an error shows. */
export const shownLines = 20;

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
