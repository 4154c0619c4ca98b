import { PoststackError } from "../core/errors.ts";

/**
 * Milliseconds after the first signal (RELIABILITY 31): so long may what is running go on, and so long has it then to
 * roll back. After that the process ends; what it leaves is what a crash leaves, and the next apply goes on from there.
 */
const graceMs = 8_000;
const limitMs = 10_000;

/** Milliseconds: what has ended by then, such as the following of a log, needs no word on how to cancel it. */
const wordMs = 300;

export interface StopSignals {
  /** The first SIGINT or SIGTERM: nothing new is started. */
  readonly stop: AbortSignal;
  /** The second one, or the grace is over: what is running is cancelled. */
  readonly signal: AbortSignal;
  /** 130 after SIGINT, 143 after SIGTERM. */
  readonly exitCode: () => number | undefined;
}

/** Turns signals into two abort signals: an orderly stop first, and the end at once when it is asked for again. */
export function stopSignals(process: NodeJS.Process, tell: (text: string) => void): StopSignals {
  const stop = new AbortController();
  const abort = new AbortController();
  let code: number | undefined;

  const cancel = (): void => abort.abort(interrupted());
  const end = (): never => process.exit(code);

  const onSignal = (signal: NodeJS.Signals): void => {
    code ??= signal === "SIGINT" ? 130 : 143;
    if (stop.signal.aborted) {
      cancel();
      return;
    }
    // The line that the terminal wrote ^C on is over.
    tell("\n");
    stop.abort(interrupted());
    setTimeout(() => tell("Stopping after what is running; once more to cancel it now.\n"), wordMs).unref();
    setTimeout(cancel, graceMs).unref();
    setTimeout(end, limitMs).unref();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  // A closed terminal is a wish to end, not a crash.
  process.on("SIGHUP", onSignal);
  return { stop: stop.signal, signal: abort.signal, exitCode: () => code };
}

const interrupted = (): PoststackError =>
  new PoststackError("INTERRUPTED", { what: "stopped before it was done", next: "run the command again to go on" });
