import { backupsIn, brokenIn } from "../../../resources/backup/folder.ts";
import type { Manifest } from "../../../resources/backup/manifest.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { renderBytes } from "../../../core/quantity.ts";
import { renderAge } from "../../render/quantity.ts";
import { renderTable } from "../../render/table.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";
import { backupPlace } from "./place.ts";

/** The verified backups, by their manifests, and those that are broken. Reads nothing of the server and no byte of the files themselves. */
export async function listCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const { environment, ports } = opened;
  const { directory } = backupPlace(opened);
  const where = { directory, project: opened.project.name, environment };
  const backups = backupsIn({ ...where, wish: { type: "none" } }, ports);
  const broken = brokenIn(where, ports);
  if (context.json) {
    printJson(context, {
      version: 1,
      environment,
      directory,
      backups: backups.map(({ name: file, path, manifest }) => {
        const { project: _project, environment: _environment, systemIdentifier, schemaHead, ...told } = manifest;
        const known = { systemIdentifier: systemIdentifier ?? null, schemaHead: schemaHead ?? null };
        return { file, path, ...told, ...known };
      }),
      broken: broken.map(({ name: file, path, sizeBytes }) => ({ file, path, sizeBytes })),
    });
  } else if (backups.length + broken.length === 0) {
    context.note(`There is no backup of ${environment} in ${directory}.`);
  } else {
    const now = ports.clock.date();
    const rowOf = (file: string, sizeBytes: number, taken: string, manifest?: Manifest): readonly string[] => [
      file,
      manifest === undefined ? "unknown" : renderAge(manifest.takenAt, now),
      renderBytes(sizeBytes),
      manifest === undefined ? "unknown" : (manifest.schemaHead ?? "none"),
      taken,
    ];
    const rows = [
      ...broken.map(({ name: file, sizeBytes, manifest }) =>
        rowOf(file, sizeBytes, context.paint("remove", "broken"), manifest),
      ),
      ...backups.map(({ name: file, manifest }) => rowOf(file, manifest.sizeBytes, manifest.because, manifest)),
    ];
    context.print(await renderTable(["BACKUP", "AGE", "SIZE", "MIGRATION", "TAKEN"], rows, context.paint));
  }
  return exitCode.done;
}
