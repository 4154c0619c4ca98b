import { chooseEnvironment } from "../../../config/choose.ts";
import { backupDirectory } from "../../../config/desired/backup.ts";
import type { OpenedEnvironment } from "../../open.ts";

/** Where the environment's backups lie, absolute; told by the files alone. */
export function backupPlace({ project, environment, ports }: OpenedEnvironment): { readonly directory: string } {
  return {
    directory: backupDirectory({ project, environment: chooseEnvironment(project, environment), state: ports.state }),
  };
}
