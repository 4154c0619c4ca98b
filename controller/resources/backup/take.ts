import { join } from "node:path";
import { fromFacts, PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Result } from "../../core/resource.ts";
import { countEntries } from "./contents.ts";
import { renderManifest, type Manifest } from "./manifest.ts";
import type { BackupAction, DesiredBackup, Programs } from "./model.ts";
import { backupName, isPartial } from "./names.ts";
import { observe } from "./observe.ts";
import { copyCluster } from "./physical/copy.ts";
import { sealOf } from "./physical/seal.ts";
import { fileExists } from "./refusals.ts";
import { toolbox } from "./tools.ts";

/**
 * Makes a file beside, proves it, and gives it its name: only then there is a backup (RELIABILITY 23). A file that anything
 * went wrong with goes away; what a kill leaves is removed by the next one.
 */
export async function takeBackup(
  { desired, tools, because }: Extract<BackupAction, { readonly verb: "take" }>,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const { endpoint, directory, wish, project, environment, sealKey } = desired;
  const { database, owner } = endpoint;
  const takenAt = ports.clock.date();
  const output = wish.type === "take" ? wish.output : undefined;
  const path = output ?? join(directory, backupName(database, takenAt, tools.on === "files" ? "physical" : "custom"));
  const [occupied] = ports.backups.occupied(path);
  if (occupied !== undefined) throw fromFacts(fileExists(occupied));
  const partial = ports.backups.begin(path, isPartial(database), output === undefined ? "ours" : "theirs");
  try {
    const made =
      tools.on === "files"
        ? await copied(partial, desired, tools.major, ports, signal)
        : await dumped(partial, desired, tools, ports, signal);
    const measured = await ports.backups.measure(partial, signal);
    if (measured.sizeBytes === 0 || made.entries === 0) throw empty(path);
    // The seal is for what was proved.
    if (made.sha256 !== undefined && made.sha256 !== measured.sha256) throw exchanged(path);
    const unsealed = { project, environment, database, owner: owner.user, takenAt, because, ...made, ...measured };
    const manifest: Manifest = made.format === "physical" ? { ...unsealed, seal: sealOf(sealKey, unsealed) } : unsealed;
    ports.backups.publish(partial, path, renderManifest(manifest));
    const entries = `${made.entries} ${made.format === "physical" ? "files" : "entries"}`;
    return { note: `${path}, ${measured.sizeBytes} bytes, ${entries}` };
  } catch (error) {
    ports.backups.discard(partial);
    throw error;
  }
}

/** What a file turned out to be. */
type Made = Pick<Manifest, "format" | "serverVersion" | "systemIdentifier" | "toolMajor" | "schemaHead" | "entries"> & {
  /** Of what was proved, where that was another reading than the one that counts. */
  readonly sha256?: string;
};

async function dumped(
  partial: string,
  desired: DesiredBackup,
  tools: Programs,
  ports: Ports,
  signal: AbortSignal,
): Promise<Made> {
  const [seen] = await observe([desired], ports, signal);
  const box = toolbox(tools, desired, ports, signal);
  const { list } = await box.dump(partial);
  return {
    format: "custom",
    serverVersion: seen?.serverVersion ?? 0,
    ...(seen?.systemIdentifier === undefined ? {} : { systemIdentifier: seen.systemIdentifier }),
    toolMajor: await box.version(),
    ...(seen?.schemaHead === undefined ? {} : { schemaHead: seen.schemaHead }),
    entries: countEntries(list),
  };
}

/** What the copy itself says, once a server has started on it. */
async function copied(
  partial: string,
  desired: DesiredBackup,
  toolMajor: number,
  ports: Ports,
  signal: AbortSignal,
): Promise<Made> {
  const { version: serverVersion } = await ports.server.admin(signal);
  const { systemIdentifier, head, packed } = await copyCluster(partial, desired, ports, signal);
  return {
    format: "physical",
    serverVersion,
    systemIdentifier,
    toolMajor,
    ...(head === undefined ? {} : { schemaHead: head }),
    entries: packed.files,
    sha256: packed.sha256,
  };
}

const exchanged = (path: string): PoststackError =>
  new PoststackError("BACKUP_FAILED", {
    what: `what was to become ${path} was changed by somebody else after it was proved`,
    next: "have it taken into a folder that others cannot write, and run the command again",
  });

const empty = (path: string): PoststackError =>
  new PoststackError("BACKUP_FAILED", {
    what: `pg_dump wrote nothing that could be restored to ${path}`,
    next: "see what is in the database; one that was just made has at least its ledger",
  });
