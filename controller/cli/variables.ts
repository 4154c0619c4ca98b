import { injectedVariables } from "../config/desired/injected.ts";
import { writtenOf } from "../config/desired/environment.ts";
import { readEnvFiles } from "../config/env-files.ts";
import type { EnvironmentSource } from "../config/source.ts";
import type { VariableSources } from "../config/variables.ts";
import type { Endpoint } from "../core/ports/postgres.ts";
import type { Text } from "../core/secret.ts";
import type { Context } from "./context.ts";
import type { OpenedProject } from "./open.ts";

/**
 * The four layers of an environment's variables, for commands that tell where a value comes from.
 *
 * @param endpoint undefined: the way to the database is not known, so its variables are not either
 * @throws PoststackError `ENV_FILE_SYNTAX`, `VARIABLE_*`, `FILE_MISSING`
 */
export const variableSources = (
  environment: EnvironmentSource,
  { files }: OpenedProject,
  endpoint: Endpoint | undefined,
  { world, envFiles }: Context,
): VariableSources => ({
  injected:
    endpoint === undefined
      ? new Map<string, Text>([["POSTSTACK_ENVIRONMENT", environment.name]])
      : injectedVariables(environment.name, endpoint),
  written: writtenOf(environment.config.variables, (name) => environment.placeOf(["variables", name])),
  shell: world.shell,
  envFiles: readEnvFiles(files, environment.name, envFiles, world.shell),
});

/** Names under which people keep what nobody else should read. */
export const looksSecret = (name: string): boolean =>
  /(?:^|_)(?:SECRET|TOKEN|PASSWORD|PASSWD|PASS|CREDENTIALS?|PRIVATE|API_?KEY|ACCESS_?KEY|SIGNING_?KEY|KEY)(?:_|$)|DATABASE_URL$|_DSN$/i.test(
    name,
  );
