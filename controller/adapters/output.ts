import type { WriteStream } from "node:tty";

/** One of the process's output streams as faces see it. */
export interface StreamOutput {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly hasColours: boolean;
  /** For a library that draws on a terminal itself. */
  readonly stream: NodeJS.WriteStream;
}

/**
 * Colours: NO_COLOR (any text) turns them off, FORCE_COLOR (any text but 0) on, else a terminal has them unless TERM says
 * `dumb` (no-color.org, force-color.org).
 */
export function output(
  stream: NodeJS.WriteStream & Partial<WriteStream>,
  environment: NodeJS.ProcessEnv,
): StreamOutput {
  const { NO_COLOR = "", FORCE_COLOR = "", TERM = "" } = environment;
  const isTerminal = stream.isTTY;
  const isForced = FORCE_COLOR !== "" && FORCE_COLOR !== "0";
  // A reader that went away (`| head`) is no fault of ours.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return {
    write: (text) => void stream.write(text),
    isTerminal,
    columns: stream.columns ?? 80,
    hasColours: NO_COLOR === "" && (isForced || (isTerminal && TERM !== "dumb")),
    stream,
  };
}
