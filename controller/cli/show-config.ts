import { chooseEnvironment } from "../config/choose.ts";
import { writtenMigrationFolder } from "../config/migration-folder.ts";
import { printJson, type Context } from "./context.ts";
import { effectiveConfig } from "./effective-config.ts";
import { exitCode, type ExitCode } from "./exit.ts";
import { openProject } from "./open.ts";

/** One environment's configuration: YAML for a person and for copying, JSON for other tools. */
export async function showConfig(name: string | undefined, context: Context): Promise<ExitCode> {
  const { project } = openProject(context, { chosen: name, usable: "chosen" });
  const environment = chooseEnvironment(project, name);
  const { defaultEnvironment, containers } = project;
  const migrations = writtenMigrationFolder(project);
  const head = { name: project.name, default_environment: defaultEnvironment, migrations, containers };
  const document = { project: head, environments: { [environment.name]: effectiveConfig(project, environment) } };
  if (context.json) {
    printJson(context, { version: 1, environment: environment.name, config: document });
    return exitCode.done;
  }
  const { stringify } = await import("yaml");
  context.print(stringify(document, { lineWidth: 0 }).trimEnd());
  return exitCode.done;
}
