import type { Log } from "../core/ports.ts";

interface LogOptions {
  readonly level: "silent" | "warn" | "info" | "debug";
  readonly format: "text" | "json";
  readonly write: (line: string) => void;
}

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined };

/** Structured log lines. The library is loaded only when something is to be logged. */
export async function openLog({ level, format, write }: LogOptions): Promise<Log> {
  if (level === "silent") return silent;
  const { pino } = await import("pino");
  const sink = { write: (line: string): void => write(format === "json" ? line : toText(line)) };
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, sink);
  return {
    debug: (fields, text) => logger.debug(fields, text),
    info: (fields, text) => logger.info(fields, text),
    warn: (fields, text) => logger.warn(fields, text),
  };
}

const levels: ReadonlyMap<unknown, string> = new Map([
  [20, "debug"],
  [30, "info"],
  [40, "warn"],
]);

/** `12:00:01.250 debug planned actions=3`: the same facts for a person. */
function toText(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const facts = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const clock = typeof time === "string" ? time.slice(11, 23) : "";
  return `${[clock, levels.get(level) ?? "", msg, ...facts].join(" ")}\n`;
}
