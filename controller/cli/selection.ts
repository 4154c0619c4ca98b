import type { Selection } from "../engine/select.ts";
import { PoststackError } from "../core/errors.ts";
import { durationMs } from "../config/durations.ts";
import type { Options } from "./spec.ts";

/** `--target` and `--exclude`. */
export const selectionOf = (options: Options): Selection => ({
  targets: options.list("target"),
  excludes: options.list("exclude"),
});

/** What of the files is meant, and how it is compared: `--scale`, `--skip-init` and `--thorough`. @throws PoststackError `USAGE` */
export const extentOf = (options: Options): Extent => ({
  scale: scaleOf(options),
  ...(options.flag("skipInit") ? { skipInit: true } : {}),
  ...(options.flag("thorough") ? { isThorough: true } : {}),
});

export interface Extent {
  readonly scale: ReadonlyMap<string, number>;
  readonly skipInit?: true;
  readonly isThorough?: true;
}

/** `--scale web=3`, several times. @throws PoststackError `USAGE` */
export function scaleOf(options: Options): ReadonlyMap<string, number> {
  return new Map(
    options.list("scale").map((text) => {
      const [, service, count] = /^([^=]+)=(\d{1,4})$/.exec(text) ?? [];
      if (service !== undefined && count !== undefined) return [service, Number(count)];
      throw new PoststackError("USAGE", {
        what: `--scale ${text} is no service with a count`,
        next: "write it as --scale web=3",
      });
    }),
  );
}

/** `--confirm`, `--lock-timeout`, `--no-wait` and `--wait-timeout`. @throws PoststackError `USAGE` */
export function changeOptionsOf(options: Options): {
  readonly rules: { readonly confirmed?: string };
  readonly lockTimeoutMs?: number;
  readonly settleLimitMs?: number | "none";
} {
  const confirmed = options.text("confirm");
  const lockTimeoutMs = duration("--lock-timeout", options.text("lockTimeout"));
  const settleLimitMs = options.isOff("wait") ? "none" : duration("--wait-timeout", options.text("waitTimeout"));
  return {
    rules: confirmed === undefined ? {} : { confirmed },
    ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }),
    ...(settleLimitMs === undefined ? {} : { settleLimitMs }),
  };
}

function duration(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  try {
    return durationMs(text, { file: "", line: 1, column: 1 });
  } catch {
    throw new PoststackError("USAGE", { what: `${option} ${text} is no duration`, next: "write it as 30s or 2m" });
  }
}
