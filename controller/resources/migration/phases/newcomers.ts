import { PoststackError } from "../../../core/errors.ts";
import { fileStart } from "../../../core/place.ts";
import type { Ports } from "../../../core/ports.ts";
import type { MigrationFile } from "../model.ts";
import { short } from "./decide.ts";
import { deployedParts } from "./deployed.ts";
import type { Beside, DeployedPart, PastPart } from "./model.ts";

/** Pure. Why a contract may not run any more: who is up now and was not then, or is no longer what it was. */
export function newcomers(order: string, { parts }: Beside, now: readonly DeployedPart[]): readonly string[] {
  const known = new Set(parts.map(keyOf));
  return now.flatMap((part) => {
    const { called, release, isUp, knows, isUnproved } = part;
    if (!isUp) return [];
    if (!known.has(keyOf(part))) return [`${called} runs release ${short(release)} by now`];
    if (knows?.includes(order) === false) return [`${called} was started again without this in the files`];
    return isUnproved === true ? [`${called} is not ready any more`] : [];
  });
}

const keyOf = ({ resource, release }: PastPart): string => JSON.stringify([resource, release]);

/**
 * Right before a contract runs. The plan has looked, too, and other migrations, a question to a person or a backup may have
 * taken hours since: meanwhile an engine, or somebody, may have started an older release.
 *
 * @throws PoststackError `MIGRATION_HELD`: the next look decides anew; what deployedParts throws
 */
export async function unlessNewcomers(
  { name, file, order }: MigrationFile,
  beside: Beside,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const details = newcomers(order, beside, await deployedParts(beside, ports, signal));
  if (details.length === 0) return;
  throw new PoststackError("MIGRATION_HELD", {
    what: `${name} waits, and nothing of it ran: since it was planned, something else has been started`,
    where: fileStart(file),
    details,
    next: "plan again: `poststack plan` says for whom it waits",
  });
}
