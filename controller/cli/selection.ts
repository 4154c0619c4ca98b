import type { Selection } from "../engine/select.ts";
import { PoststackError } from "../core/errors.ts";
import { durationMs } from "../config/durations.ts";
import type { Options } from "./spec.ts";

/** `--target` and `--exclude`. */
export const selectionOf = (options: Options): Selection => ({
  targets: options.list("target"),
  excludes: options.list("exclude"),
});

/** `--confirm` and `--lock-timeout`. @throws PoststackError `USAGE` */
export function changeOptionsOf(options: Options): {
  readonly rules: { readonly confirmed?: string };
  readonly lockTimeoutMs?: number;
} {
  const confirmed = options.text("confirm");
  const timeout = options.text("lockTimeout");
  const lockTimeoutMs = timeout === undefined ? undefined : lockTimeout(timeout);
  return {
    rules: confirmed === undefined ? {} : { confirmed },
    ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }),
  };
}

function lockTimeout(text: string): number {
  try {
    return durationMs(text, { file: "", line: 1, column: 1 });
  } catch {
    throw new PoststackError("USAGE", { what: `--lock-timeout ${text} is no duration`, next: "write it as 30s or 2m" });
  }
}
