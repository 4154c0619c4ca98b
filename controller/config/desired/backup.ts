import { join, resolve } from "node:path";
import { resourceId } from "../../core/id.ts";
import { Secret } from "../../core/secret.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DesiredBackup, Wish } from "../../resources/backup/model.ts";
import type { DesiredInstance } from "../../resources/instance/model.ts";
import { instanceId } from "./database.ts";
import type { Identity } from "./identity.ts";
import type { DesiredOptions, DesiredSource } from "./options.ts";
import type { Server } from "./server.ts";

interface BackupWishes extends Pick<DesiredSource, "project" | "environment" | "state" | "startedAt"> {
  readonly options: DesiredOptions;
  readonly server: Pick<Server, "endpoint">;
  readonly identity: Identity;
  readonly instance: Pick<DesiredInstance, "container" | "spec">;
}

/** Where an environment's backups lie. */
export const backupDirectory = ({
  project,
  environment,
  state,
}: Pick<BackupWishes, "project" | "environment" | "state">): string => {
  const { directory } = environment.config.postgres?.backup ?? {};
  return directory === undefined ? join(state.root, environment.name, "backups") : resolve(project.root, directory);
};

/** Nothing where neither the file nor the command speaks of backups: then nobody looks for them. */
export function desiredBackup(wishes: BackupWishes): readonly DesiredBackup[] {
  const { project, environment, options, server, identity, instance } = wishes;
  const { backup } = environment.config.postgres ?? {};
  if (backup === undefined && options.backup === undefined) return [];
  const { endpoint } = server;
  return [
    {
      id: resourceId("backup", endpoint.database),
      project: project.name,
      environment: environment.name,
      endpoint,
      mark: identity.mark,
      directory: backupDirectory(wishes),
      ...(instance.container === undefined ? {} : { container: instance.container.name }),
      ...(instance.spec === undefined ? {} : { embedded: instance.spec }),
      sealKey: new Secret(identity.hash("seal of backups")),
      gate: backup?.gate ?? "never",
      ...(backup?.keep === undefined ? {} : { keep: backup.keep }),
      wish: wishOf(wishes),
      dependsOn: [instanceId],
      place: environment.placeOf(backup === undefined ? ["postgres"] : ["postgres", "backup"]),
    },
  ];
}

function wishOf(wishes: BackupWishes): Wish {
  const { options, startedAt: since } = wishes;
  const { backup, deleteData = false } = options;
  switch (backup?.type) {
    case undefined:
      return { type: "none" };
    case "take":
      return { ...backup, since };
    case "restore":
      return { type: "restore", since, file: resolve(backupDirectory(wishes), backup.file), deleteData };
    case "prune":
      return { type: "prune", deleteData };
    default:
      return unreachable(backup);
  }
}
