import type { RoleConfig } from "../../../schema/generated/config.ts";
import { PoststackError } from "../../core/errors.ts";
import { resourceId, type ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { DesiredRole, RoleAttributes } from "../../resources/role/model.ts";
import { resolveSecret, type SecretContext } from "../secrets.ts";
import type { EnvironmentSource } from "../source.ts";
import { roleSecret, type Server } from "./server.ts";

export const roleId = (name: string): ResourceId => resourceId("role", name);

export interface RoleWishes {
  readonly environment: EnvironmentSource;
  readonly server: Server;
  readonly instance: ResourceId;
  readonly mark: string;
  readonly context: SecretContext;
  /** All of them shall go: with the environment. */
  readonly absent: boolean;
}

/**
 * The owner of the database and the `roles:`, sorted by name.
 *
 * @throws PoststackError `SECRET_*`, `CONFIG_TYPE`
 */
export async function desiredRoles(wishes: RoleWishes): Promise<readonly DesiredRole[]> {
  const { environment, server } = wishes;
  const owner = server.endpoint.owner.user;
  const configs = new Map<string, RoleConfig>(Object.entries(environment.config.postgres?.roles ?? {}));
  const names = new Set(server.isOwnerAdmin ? configs.keys() : [owner, ...configs.keys()]);
  const roles: DesiredRole[] = [];
  for (const name of [...names].sort()) {
    const config = configs.get(name);
    const place = environment.placeOf(["postgres", ...(config === undefined ? ["user"] : ["roles", name])]);
    checkName(name, server, place);
    roles.push(await roleOf(name, config ?? {}, place, wishes));
  }
  return roles;
}

function roleOf(
  name: string,
  config: RoleConfig,
  place: Place,
  wishes: RoleWishes,
): DesiredRole | Promise<DesiredRole> {
  if (wishes.absent) {
    const role = common(name, { ...config, ensure: "absent" }, place, wishes);
    return { ...role, goesWith: [wishes.server.endpoint.database] };
  }
  const isOwner = name === wishes.server.endpoint.owner.user;
  return isOwner ? ownerRole(name, config, place, wishes) : furtherRole(name, config, place, wishes);
}

function ownerRole(name: string, config: RoleConfig, place: Place, wishes: RoleWishes): DesiredRole {
  if (config.ensure === "absent" || config.login === false) {
    throw new PoststackError("CONFIG_TYPE", {
      what: `\`${name}\` owns the database and must be able to log in`,
      where: place,
      next: "remove `ensure` and `login`, or name another `user`",
    });
  }
  const { secret: password, generated } = wishes.server.owner;
  return { ...common(name, { ...config, login: true }, place, wishes), password, generated };
}

async function furtherRole(name: string, config: RoleConfig, place: Place, wishes: RoleWishes): Promise<DesiredRole> {
  const role = common(name, config, place, wishes);
  if (config.password === undefined || role.ensure === "absent") return role;
  const where = wishes.environment.placeOf(["postgres", "roles", name, "password"]);
  const { secret: password, generated } = await resolveSecret(config.password, roleSecret(name), where, wishes.context);
  return { ...role, password, generated };
}

function common(name: string, config: RoleConfig, place: Place, wishes: RoleWishes): DesiredRole {
  const { instance, mark, absent } = wishes;
  const { database, owner } = wishes.server.endpoint;
  const inRoles = [...new Set(config.in_roles)].sort();
  return {
    id: roleId(name),
    name,
    ensure: config.ensure ?? "present",
    attributes: attributesOf(config),
    generated: "no",
    inRoles,
    ...(absent ? {} : { handover: { database, databaseId: resourceId("database", database), to: owner.user } }),
    mark,
    dependsOn: [instance, ...inRoles.map(roleId)],
    place,
  };
}

const attributesOf = (config: RoleConfig): RoleAttributes => ({
  login: config.login ?? false,
  inherit: config.inherit ?? true,
  superuser: config.superuser ?? false,
  createdb: config.createdb ?? false,
  createrole: config.createrole ?? false,
  replication: config.replication ?? false,
  bypassrls: config.bypassrls ?? false,
  connectionLimit: config.connection_limit ?? -1,
  ...(config.valid_until === undefined || config.valid_until === "infinity" ? {} : { validUntil: config.valid_until }),
});

/** The server keeps names that begin with `pg_` to itself, and `public` and `none` mean something else (CREATE ROLE). */
function checkName(name: string, { endpoint }: Server, where: Place): void {
  const isReserved = name.startsWith("pg_") || name === "public" || name === "none";
  if (!isReserved && name !== endpoint.admin.user) return;
  throw new PoststackError("CONFIG_TYPE", {
    what: isReserved ? `\`${name}\` is a name that Postgres keeps to itself` : `\`${name}\` is the server's own admin`,
    where,
    next: "use another name",
  });
}
