import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Result } from "../../core/resource.ts";
import type { Candidate, DesiredBackup, Programs, RestoreFacts } from "./model.ts";
import { beforeName, discardedName } from "./names.ts";
import { checkContent } from "./observe.ts";
import { restoreCluster } from "./physical/restore.ts";
import { withSibling } from "./restore/sibling.ts";
import { fill, type Filled } from "./restore/fill.ts";
import { takePlaceAndDrop, undeleted } from "./restore/replaced.ts";
import { copySettings, takePlace } from "./restore/swap.ts";
import { toolbox } from "./tools.ts";

/**
 * Restores into a database beside the environment's, looks at what came of it, and gives it the other's name in one
 * transaction. Until that commits the environment is as it was; what a kill leaves bears our mark, and the next look drops it.
 */
export async function restoreBackup(facts: RestoreFacts, ports: Ports, signal: AbortSignal): Promise<Result> {
  const { desired, tools, candidate, deleteData } = facts;
  if (tools.on === "files") return restoreCluster(facts, ports, signal);
  const { database } = desired.endpoint;
  ports.progress(`reading ${candidate.path}`);
  await checkContent(candidate, ports, signal);
  const kept = deleteData ? undefined : beforeName(database, ports.clock.date());
  let old = kept === undefined ? "deleted" : `database ${kept}`;
  await withSibling(desired, ports, signal, async (sibling) => {
    ports.progress(`restoring into ${sibling}`);
    const filled = await filledFrom(candidate, sibling, { desired, tools }, ports, signal);
    ports.progress(`${database} is replaced, with ${described(filled)}`);
    await copySettings(database, sibling, ports, signal);
    const fence = ports.server.fence();
    // Our own sessions are in the way, too.
    await ports.server.reset();
    const places = { endpoint: desired.endpoint, sibling, fence };
    if (kept !== undefined) return takePlace({ ...places, before: kept }, ports, signal);
    // From here on its name says that it is to go: whoever comes next can tell it from one that is kept.
    const discarded = discardedName(sibling);
    const left = await takePlaceAndDrop({ ...places, before: discarded }, ports, signal);
    if (left !== undefined)
      old = `left as database ${discarded}, ${undeleted(left)}; \`poststack doctor\` says what drops it`;
  });
  return { note: `restored; what was there before is ${old}` };
}

/**
 * Restores into a database that is dropped again: the only proof that a backup can be.
 *
 * @throws PoststackError as {@link restoreBackup}
 */
export async function proveBackup(
  candidate: Candidate,
  place: { readonly desired: DesiredBackup; readonly tools: Programs },
  ports: Ports,
  signal: AbortSignal,
): Promise<Filled> {
  let filled: Filled | undefined;
  await withSibling(place.desired, ports, signal, async (sibling) => {
    filled = await filledFrom(candidate, sibling, place, ports, signal);
  });
  if (filled === undefined) throw new PoststackError("INTERNAL", { what: "nothing was restored" });
  return filled;
}

async function filledFrom(
  candidate: Candidate,
  sibling: string,
  { desired, tools }: { readonly desired: DesiredBackup; readonly tools: Programs },
  ports: Ports,
  signal: AbortSignal,
): Promise<Filled> {
  const { path, sha256, manifest } = candidate;
  const withPrivileges = manifest?.owner === desired.endpoint.owner.user;
  return toolbox(tools, desired, ports, signal).withArchive(path, (archive) =>
    fill({ archive, sibling, withPrivileges, sha256, desired }, ports, signal),
  );
}

const described = ({ head, tables }: Filled): string =>
  `${tables} ${tables === 1 ? "table" : "tables"}, last migration ${head ?? "none"}`;
