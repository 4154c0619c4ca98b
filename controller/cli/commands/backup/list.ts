import { backupsIn } from "../../../resources/backup/observe.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { renderBytes } from "../../../core/quantity.ts";
import { renderAge } from "../../render/quantity.ts";
import { renderTable } from "../../render/table.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";
import { backupPlace } from "./place.ts";

/** The verified backups, by their manifests. Reads nothing of the server and no byte of the files themselves. */
export async function listCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const { environment, ports } = opened;
  const { directory } = backupPlace(opened);
  const backups = backupsIn({ directory, project: opened.project.name, environment, wish: { type: "none" } }, ports);
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
    });
  } else if (backups.length === 0) {
    context.note(`There is no backup of ${environment} in ${directory}.`);
  } else {
    const now = ports.clock.date();
    const rows = backups.map(({ name: file, manifest }) => [
      file,
      renderAge(manifest.takenAt, now),
      renderBytes(manifest.sizeBytes),
      manifest.schemaHead ?? "none",
      manifest.because,
    ]);
    context.print(await renderTable(["BACKUP", "AGE", "SIZE", "MIGRATION", "TAKEN"], rows, context.paint));
  }
  return exitCode.done;
}
