import { durationMs } from "../../config/durations.ts";
import { PoststackError } from "../../core/errors.ts";
import { countOption } from "../open-logs.ts";
import type { OptionSpec, Options } from "../spec.ts";

/** What of the logs is shown, and how. */
export interface LogViewOptions {
  /** Of each log, from its end. */
  readonly lines: number;
  readonly since: Date | undefined;
  readonly follow: boolean;
  readonly timestamps: boolean;
}

export const logOptions = (lines: number): readonly OptionSpec[] => [
  { flags: "-f, --follow", description: "go on as lines are written, until Ctrl-C" },
  { flags: "-n, --lines <count>", description: `lines from the end of each log (default: ${lines})` },
  { flags: "--tail <count>", description: "the same as --lines" },
  { flags: "--since <time>", description: "only what was written since: 10m ago, or 2026-11-20T08:00:00Z" },
  { flags: "-t, --timestamps", description: "when each line was written, where anything tells" },
];

/** @throws PoststackError `USAGE` */
export const logViewOptions = (options: Options, lines: number, now: Date): LogViewOptions => ({
  lines: countOption(options, options.text("tail") === undefined ? "lines" : "tail", lines),
  since: sinceOf(options.text("since"), now),
  follow: options.flag("follow"),
  timestamps: options.flag("timestamps"),
});

function sinceOf(text: string | undefined, now: Date): Date | undefined {
  if (text === undefined) return undefined;
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const date = new Date(text);
    if (!Number.isNaN(date.getTime())) return date;
  } else {
    try {
      return new Date(now.getTime() - durationMs(text, { file: "", line: 1, column: 1 }));
    } catch {
      // No duration either.
    }
  }
  throw new PoststackError("USAGE", {
    what: `--since ${text} is no time`,
    next: "write how long ago, as 30s, 10m or 2h, or a moment, as 2026-11-20T08:00:00Z",
  });
}
