import { join } from "node:path";
import { fromFacts, PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Result } from "../../core/resource.ts";
import { countEntries } from "./contents.ts";
import { renderManifest, type Manifest } from "./manifest.ts";
import type { BackupAction } from "./model.ts";
import { backupName, isPartial } from "./names.ts";
import { observe } from "./observe.ts";
import { fileExists } from "./refusals.ts";
import { toolbox } from "./tools.ts";

/**
 * Dumps into a file beside, proves it, and gives it its name: only then there is a backup (RELIABILITY 23). A file that
 * anything went wrong with goes away; what a kill leaves is removed by the next one.
 */
export async function takeBackup(
  { desired, tools, because }: Extract<BackupAction, { readonly verb: "take" }>,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const { endpoint, directory, wish, project, environment } = desired;
  const { database, owner } = endpoint;
  const takenAt = ports.clock.date();
  const output = wish.type === "take" ? wish.output : undefined;
  const path = output ?? join(directory, backupName(database, takenAt));
  const [occupied] = ports.backups.occupied(path);
  if (occupied !== undefined) throw fromFacts(fileExists(occupied));
  const [seen] = await observe([desired], ports, signal);
  const box = toolbox(tools, desired, ports, signal);
  const partial = ports.backups.begin(path, isPartial(database));
  try {
    const { list } = await box.dump(partial);
    const measured = await ports.backups.measure(partial, signal);
    const entries = countEntries(list);
    if (measured.sizeBytes === 0 || entries === 0) throw empty(path);
    const manifest: Manifest = {
      project,
      environment,
      database,
      owner: owner.user,
      takenAt,
      because,
      format: "custom",
      serverVersion: seen?.serverVersion ?? 0,
      ...(seen?.systemIdentifier === undefined ? {} : { systemIdentifier: seen.systemIdentifier }),
      toolMajor: await box.version(),
      ...(seen?.schemaHead === undefined ? {} : { schemaHead: seen.schemaHead }),
      ...measured,
      entries,
    };
    ports.backups.publish(partial, path, renderManifest(manifest));
    return { note: `${path}, ${measured.sizeBytes} bytes, ${entries} entries` };
  } catch (error) {
    ports.backups.discard(partial);
    throw error;
  }
}

const empty = (path: string): PoststackError =>
  new PoststackError("BACKUP_FAILED", {
    what: `pg_dump wrote nothing that could be restored to ${path}`,
    next: "see what is in the database; one that was just made has at least its ledger",
  });
