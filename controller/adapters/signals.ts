/** How long after the first signal what is running may go on, in milliseconds (RELIABILITY 31). */
const graceMs = 10_000;

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

  const onSignal = (signal: NodeJS.Signals): void => {
    code ??= signal === "SIGINT" ? 130 : 143;
    if (stop.signal.aborted) {
      abort.abort();
      return;
    }
    tell("\nStopping after what is running; once more to cancel it now.\n");
    stop.abort();
    setTimeout(() => abort.abort(), graceMs).unref();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  // A closed terminal is a wish to end, not a crash.
  process.on("SIGHUP", onSignal);
  return { stop: stop.signal, signal: abort.signal, exitCode: () => code };
}
