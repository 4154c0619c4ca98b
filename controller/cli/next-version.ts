import { PoststackError } from "../core/errors.ts";
import type { MigrationFile } from "../resources/migration/model.ts";
import { compareOrders, orderOf } from "../resources/migration/version.ts";

const defaultWidth = 3;
/** How far the newest version may lie in the future before no timestamp comes after it, in seconds. */
const patienceSeconds = 3_600;

/**
 * The version after the last one, in the style of the folder: `004` → `005`, and for timestamps the present moment in
 * the same form.
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
    const width = last?.version.length ?? defaultWidth;
    return String(BigInt(last?.order ?? "0") + 1n).padStart(width, "0");
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

type Style = (moment: Date) => string;

const digits = (moment: Date): string => moment.toISOString().replaceAll(/\D/g, "");
const compact: Style = (moment) => digits(moment).slice(0, 14);
const withHyphens: Style = (moment) => compact(moment).replace(/^(\d{4})(\d{2})(\d{2})(\d{6})$/, "$1-$2-$3-$4");

/** Undefined: a plain number. */
function timestampStyle(version: string): Style | undefined {
  if (/^\d{4}-\d{2}-\d{2}-\d{6}$/.test(version)) return withHyphens;
  if (/^\d{4}-\d{2}-\d{2}-\d{6}-\d{4}$/.test(version)) return (moment) => `${withHyphens(moment)}-0000`;
  if (/^(?:19|20)\d{10}$/.test(version)) return (moment) => compact(moment).slice(0, 12);
  if (/^(?:19|20)\d{12}$/.test(version)) return compact;
  // Milliseconds since 1970, as node-pg-migrate counts.
  if (/^1\d{12}$/.test(version)) return (moment) => String(moment.getTime());
  return undefined;
}
