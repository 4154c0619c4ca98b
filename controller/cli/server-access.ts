import { instanceSecret, roleSecret } from "../config/desired/server.ts";
import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import type { Endpoint, Login } from "../core/ports/postgres.ts";
import type { OpenedEnvironment } from "./open.ts";

/** The way to an environment's server, with passwords that are in use. */
export interface ServerAccess {
  readonly endpoint: Endpoint;
  readonly login: Login;
  /** What this login works in: the owner in the environment's database, the admin where a database always is. */
  readonly database: string;
  /** Where the files ask for the server. */
  readonly place: Place | undefined;
}

/**
 * @param asAdmin as the superuser, or the most powerful login that an external server grants
 * @throws PoststackError `SECRET_UNREADABLE`: a password is yet to be made; errors of the configuration
 */
export async function serverAccess(
  { load, ports, environment }: OpenedEnvironment,
  asAdmin: boolean,
): Promise<ServerAccess> {
  const { endpoint, secretNames, resources } = await load();
  if (endpoint === undefined) {
    throw new PoststackError("POSTGRES_MISSING", {
      what: `environment ${environment} has no Postgres`,
      next: "write `postgres:` into it",
    });
  }
  const login = asAdmin ? endpoint.admin : endpoint.owner;
  const name = asAdmin ? instanceSecret : roleSecret(login.user);
  if (secretNames.includes(name) && ports.state.read()?.secrets.has(name) !== true) {
    throw new PoststackError("SECRET_UNREADABLE", {
      what: `the first apply makes the password of ${login.user}, and there has been none`,
      next: `run \`poststack apply ${environment}\``,
    });
  }
  const database = asAdmin ? endpoint.maintenanceDatabase : endpoint.database;
  return { endpoint, login, database, place: resources.instance[0]?.place };
}
