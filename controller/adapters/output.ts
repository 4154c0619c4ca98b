import type { WriteStream } from "node:tty";
import { PoststackError } from "../core/errors.ts";
import { unlessFull } from "./atomic-file.ts";

/** One of the process's output streams as faces see it. */
export interface StreamOutput {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly hasColours: boolean;
  /** For a library that draws on a terminal itself. */
  readonly stream: NodeJS.WriteStream;
  /** Aborts when its reader went away (`| head`): who only shows what happens may end, who changes something goes on. */
  readonly gone: AbortSignal;
  /** Why something of what was written is lost, with its reader still there: `DISK_FULL`, `FILE_UNREADABLE`. */
  readonly failure: () => PoststackError | undefined;
}

/**
 * Colours: NO_COLOR (any text) turns them off, FORCE_COLOR (any text but 0) on, else a terminal has them unless TERM says
 * `dumb` (no-color.org, force-color.org).
 *
 * @param called what an error calls it: `standard output`
 */
export function output(
  called: string,
  stream: NodeJS.WriteStream & Partial<WriteStream>,
  environment: NodeJS.ProcessEnv,
): StreamOutput {
  const { NO_COLOR = "", FORCE_COLOR = "", TERM = "" } = environment;
  const isTerminal = stream.isTTY;
  const isForced = FORCE_COLOR !== "" && FORCE_COLOR !== "0";
  const gone = new AbortController();
  let failure: PoststackError | undefined;
  // Of each write that fails there is one, and the stream of the process goes on: `destroyed` never becomes true
  // (Node's manual: process I/O). What runs goes on, too, and is asked in the end.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") gone.abort();
    else failure ??= unwritable(called, error);
  });
  return {
    write: (text) => void stream.write(text),
    isTerminal,
    columns: stream.columns ?? 80,
    hasColours: NO_COLOR === "" && (isForced || (isTerminal && TERM !== "dumb")),
    stream,
    gone: gone.signal,
    failure: () => failure,
  };
}

function unwritable(called: string, error: NodeJS.ErrnoException): PoststackError {
  const full = unlessFull(error, called);
  if (full instanceof PoststackError) return full;
  return new PoststackError(
    "FILE_UNREADABLE",
    { what: `${called} cannot be written (${error.code ?? error.message})`, next: "have it go somewhere else" },
    { cause: error },
  );
}
