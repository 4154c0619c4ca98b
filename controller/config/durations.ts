import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";

const unitMs = new Map([
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
]);
const form = /^(?=\d)(?:\d{1,6}h)?(?:\d{1,6}m)?(?:\d{1,6}s)?(?:\d{1,6}ms)?$/;

/** `1h30m`, `10m`, `30s`, `500ms` in milliseconds; undefined: no duration. */
function parseDuration(text: string): number | undefined {
  if (!form.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)(ms|[hms])/g)];
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (unitMs.get(unit) ?? 0), 0);
}

/** {@link parseDuration} of the configuration. @throws PoststackError `CONFIG_TYPE` */
export function durationMs(text: string, where: Place): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new PoststackError("CONFIG_TYPE", {
    what: `${JSON.stringify(text)} is not a duration`,
    where,
    next: "write a duration such as 30s, 10m or 1h30m",
  });
}
