import { resolve } from "node:path";
import type { DesiredOptions } from "../../../config/desired/options.ts";
import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { reconcile } from "../../reconcile.ts";
import { changeOptionsOf } from "../../selection.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** The wish that the database holds what the backup does. */
export async function restoreCommand(
  { args: [name, file = ""], options }: Invocation,
  world: World,
): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const deleteData = options.flag("deleteData");
  const opened = openEnvironment(context, name, { ...restoreOptionsOf(backupFile(file, world)), deleteData });
  return reconcile(opened, context, { ...changeOptionsOf(options), settleLimitMs: "none" });
}

/** @param file as {@link backupFile} gives it */
export const restoreOptionsOf = (file: string): DesiredOptions => ({ backup: { type: "restore", file } });

/** A path from here where there is such a file, or where it looks like one; else a name in the directory of backups. */
export function backupFile(file: string, world: World): string {
  const path = resolve(world.cwd, file);
  return world.exists(path) || /[/\\]/.test(file) ? path : file;
}
