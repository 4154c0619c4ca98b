import { PoststackError } from "../core/errors.ts";
import type { MigrationFile } from "../resources/migration/model.ts";
import { wholeOrder } from "../resources/migration/phases/names.ts";
import { compareOrders, orderOf } from "../resources/migration/version.ts";

const defaultWidth = 3;
/** How far the newest version may lie in the future before no timestamp comes after it, in seconds. */
const patienceSeconds = 3_600;

/**
 * The version after the last one, in the style of the folder: `004` → `005`, `1.9` → `1.10`, and for timestamps the present
 * moment in the same form.
 *
 * @throws PoststackError `MIGRATION_ORDER`: the last version is a timestamp in the future
 */
export function nextVersion(
  existing: readonly Pick<MigrationFile, "version" | "order">[],
  now: Date,
  timestamp: boolean,
): string {
  const last = existing.at(-1);
  const style = last === undefined ? undefined : timestampStyle(last.version);
  if (style === undefined && !timestamp) {
    return numberAfter(last);
  }
  const render = style ?? compact;
  for (let seconds = 0; seconds <= patienceSeconds; seconds++) {
    const version = render(new Date(now.getTime() + seconds * 1_000));
    if (last === undefined || compareOrders(orderOf(version), last.order) > 0) return version;
  }
  throw new PoststackError("MIGRATION_ORDER", {
    what: `the last migration, ${last?.version ?? ""}, comes after the present moment`,
    next: "look at the clock of this machine, or name the files by hand",
  });
}

/** One more in the last part. Which phase of a change the last file is does not count: the next version is behind all of them. */
function numberAfter(last: Pick<MigrationFile, "version" | "order"> | undefined): string {
  if (last === undefined) return "1".padStart(defaultWidth, "0");
  const dot = last.version.lastIndexOf(".");
  const part = dot < 0 ? wholeOrder(last.order) : last.version.slice(dot + 1);
  const width = last.version.length - (dot + 1);
  return last.version.slice(0, dot + 1) + String(BigInt(part) + 1n).padStart(width, "0");
}

type Style = (moment: Date) => string;

const digits = (moment: Date): string => moment.toISOString().replaceAll(/\D/g, "");
const compact: Style = (moment) => digits(moment).slice(0, 14);
const withHyphens: Style = (moment) => compact(moment).replace(/^(\d{4})(\d{2})(\d{2})(\d{6})$/, "$1-$2-$3-$4");

/** Undefined: a plain number, or several. */
function timestampStyle(version: string): Style | undefined {
  // The second folder of one timestamp is `<timestamp>.2` (migration-formats/layout.ts).
  const [stamp = version, part] = version.split(".");
  if (part !== undefined) return timestampStyle(stamp);
  if (/^\d{4}-\d{2}-\d{2}-\d{6}$/.test(version)) return withHyphens;
  if (/^\d{4}-\d{2}-\d{2}-\d{6}-\d{4}$/.test(version)) return (moment) => `${withHyphens(moment)}-0000`;
  if (/^(?:19|20)\d{10}$/.test(version)) return (moment) => compact(moment).slice(0, 12);
  if (/^(?:19|20)\d{12}$/.test(version)) return compact;
  const [, counter] = /^(?:19|20)\d{12}(\d{1,9})$/.exec(version) ?? [];
  if (counter !== undefined) return (moment) => compact(moment) + "0".repeat(counter.length);
  // Milliseconds since 1970, as node-pg-migrate counts.
  if (/^1\d{12}$/.test(version)) return (moment) => String(moment.getTime());
  return undefined;
}
