import type { Ports } from "../../core/ports.ts";
import type { BackupFile } from "../../core/ports/backups.ts";
import { parseManifest } from "./manifest.ts";
import type { Backup, BrokenBackup, DesiredBackup } from "./model.ts";

type Where = Pick<DesiredBackup, "directory" | "project" | "environment">;

/** Those of this environment that were verified, oldest first: two environments may keep theirs in one folder. */
export function backupsIn(
  { wish, ...where }: Where & Pick<DesiredBackup, "wish">,
  { backups }: Pick<Ports, "backups">,
): readonly Backup[] {
  const output = wish.type === "take" ? wish.output : undefined;
  const asked = output === undefined ? undefined : backups.find(output);
  return [...backups.list(where.directory), ...(asked === undefined ? [] : [asked])]
    .flatMap((file) => backupOf(file) ?? [])
    .filter(({ manifest }) => isOf(where, manifest))
    .sort((a, b) => a.manifest.takenAt.getTime() - b.manifest.takenAt.getTime());
}

/**
 * Those that were verified and are that no more, by what can be seen without reading them: a file of another size than its
 * manifest says, or with a manifest beside it that is damaged, whichever environment that was of. One without any manifest
 * has never been a backup. What is being taken has neither its name nor a manifest (RELIABILITY 23).
 */
export const brokenIn = (where: Where, { backups }: Pick<Ports, "backups">): readonly BrokenBackup[] =>
  backups.list(where.directory).flatMap((file): readonly BrokenBackup[] => {
    const { path, sizeBytes } = file;
    const [name, manifest] = [nameOf(file), parseManifest(file.manifest)];
    if (manifest === undefined) return file.manifest === undefined ? [] : [{ path, name, sizeBytes }];
    const isBroken = manifest.sizeBytes !== sizeBytes && isOf(where, manifest);
    return isBroken ? [{ path, name, sizeBytes, manifest }] : [];
  });

const isOf = ({ project, environment }: Where, one: Pick<DesiredBackup, "project" | "environment">): boolean =>
  one.project === project && one.environment === environment;

/** Undefined: it has no manifest, or another size than that says. */
function backupOf(file: BackupFile): Backup | undefined {
  const manifest = parseManifest(file.manifest);
  if (manifest?.sizeBytes !== file.sizeBytes) return undefined;
  return { path: file.path, name: nameOf(file), manifest };
}

const nameOf = ({ path }: BackupFile): string => path.slice(path.lastIndexOf("/") + 1);
