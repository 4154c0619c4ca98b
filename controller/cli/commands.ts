import { backupCommands } from "./commands/backup/specs.ts";
import { composeCommands } from "./commands/compose/specs.ts";
import { containerCommands } from "./commands/container/specs.ts";
import { databaseCommands } from "./commands/db/specs.ts";
import { environmentCommands } from "./commands/env/specs.ts";
import { imageCommands } from "./commands/image/specs.ts";
import { mainCommands } from "./commands/specs.ts";
import { toolCommands } from "./commands/tools/specs.ts";
import { volumesCommands } from "./commands/volumes/specs.ts";
import type { CommandSpec } from "./spec.ts";

/** Words that hold commands of their own, in the order of the help. */
export const groups: readonly (readonly [string, string])[] = [
  ["env", "environments: start, stop, look"],
  ["db", "the environment's database: migrations, shell, address"],
  ["backup", "backups of the database: take, verify, restore"],
  ["container", "containers: look, start, stop, build"],
  ["image", "images that were built or used here"],
  ["volumes", "volumes: look, and delete what is left over"],
  ["config", "the configuration: show, validate, explain"],
  ["compose", "Compose files: what they say"],
  ["logs", "log files of processes, jobs and servers"],
];

/** Every command, in the order of the help. */
export const commands: readonly CommandSpec[] = [
  ...mainCommands,
  ...environmentCommands,
  ...databaseCommands,
  ...backupCommands,
  ...containerCommands,
  ...imageCommands,
  ...volumesCommands,
  ...composeCommands,
  ...toolCommands,
];
