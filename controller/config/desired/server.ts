import type { PostgresConfig } from "../../../schema/generated/config.ts";
import { PoststackError } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";
import type { ConnectionParts } from "../../core/ports/files.ts";
import type { Endpoint } from "../../core/ports/postgres.ts";
import { Secret } from "../../core/secret.ts";
import { providerOf, type Provider } from "../provider.ts";
import {
  generatedSecret,
  referencedSecret,
  resolveSecret,
  type ResolvedSecret,
  type SecretContext,
} from "../secrets.ts";
import type { EnvironmentSource } from "../source.ts";

/** Where the environment's server is and who logs in to it. */
export interface Server {
  readonly provider: Provider;
  readonly endpoint: Endpoint;
  readonly owner: ResolvedSecret;
  /** The owner is the admin itself: an external server's only login. Its role is not ours then. */
  readonly isOwnerAdmin: boolean;
}

/** The superuser of a server of ours. */
const superuser = "postgres";

export const instanceSecret = `instance:${superuser}`;
export const roleSecret = (role: string): string => `role:${role}`;

/** What a database and its owner are called unless the file says otherwise: `myapp_dev`. */
export const derivedName = (project: string, environment: string): string =>
  `${project}_${environment}`.replaceAll("-", "_");

/**
 * @param needsOwner false: nobody will log in as the owner, so its password is not looked for
 * @throws PoststackError `SECRET_*`, `CONFIG_TYPE`
 */
export async function serverOf(
  project: string,
  environment: EnvironmentSource,
  needsOwner: boolean,
  context: SecretContext,
): Promise<Server> {
  const { postgres = {} } = environment.config;
  const place = (key: string): Place => environment.placeOf(["postgres", key]);
  const name = derivedName(project, environment.name);
  const database = postgres.database ?? name;
  const user = postgres.user ?? name;
  const provider = providerOf(environment.config);
  const isExternal = provider === "external";
  const way = isExternal ? await external(postgres, place, context) : own(postgres, context);
  checkOwner(user, isExternal, place("user"));

  const isOwnerAdmin = user === way.admin.user;
  const owner: ResolvedSecret = isOwnerAdmin
    ? { secret: way.admin.password, generated: "no" }
    : needsOwner
      ? await resolveSecret(ownerPassword(postgres, user), roleSecret(user), place("password"), context)
      : { secret: new Secret(""), generated: "no" };
  const endpoint = { ...way, database, owner: { user, password: owner.secret } };
  return { provider, endpoint, owner, isOwnerAdmin };
}

/** The owner may stand among the roles too, where its attributes are. */
const ownerPassword = ({ password, roles = {} }: PostgresConfig, user: string) =>
  password ?? (Object.hasOwn(roles, user) ? roles[user]?.password : undefined) ?? "auto_generated";

type Way = Omit<Endpoint, "database" | "owner">;

function own(postgres: PostgresConfig, context: SecretContext): Way {
  const { secret } = generatedSecret(instanceSecret, context);
  return {
    host: ownHost(postgres),
    port: postgres.port ?? 5432,
    sslmode: "disable",
    maintenanceDatabase: "postgres",
    admin: { user: superuser, password: secret },
  };
}

/** Where a server of ours is reached: as it is written, else where one that listens there answers on this machine. */
export function ownHost({ host, bind = "127.0.0.1" }: PostgresConfig): string {
  if (host !== undefined) return host;
  return bind === "0.0.0.0" || bind === "*" ? "127.0.0.1" : bind === "::" ? "::1" : bind;
}

async function external(postgres: PostgresConfig, place: (key: string) => Place, context: SecretContext): Promise<Way> {
  const parts = await connectionOf(postgres, place("url"), context);
  const host = postgres.host ?? parts.host;
  const { user } = parts;
  if (host === undefined || user === undefined) {
    throw new PoststackError("CONFIG_TYPE", {
      what: `the connection URL names no ${host === undefined ? "host" : "user"}`,
      where: place("url"),
      next: "write postgres://user:password@host:port/database",
    });
  }
  return {
    host,
    port: postgres.port ?? parts.port ?? 5432,
    sslmode: postgres.sslmode ?? sslmodeOf(parts.sslmode, host, place("url")),
    mayBePooled: true,
    maintenanceDatabase: parts.database ?? "postgres",
    admin: { user, password: parts.password ?? new Secret("") },
  };
}

async function connectionOf({ url }: PostgresConfig, where: Place, context: SecretContext): Promise<ConnectionParts> {
  const isPlain = typeof url === "string";
  const parts = context.sources.connection(
    isPlain ? new Secret(url) : await referencedSecret(url ?? {}, where, context),
  );
  if (parts === undefined) {
    throw new PoststackError("CONFIG_TYPE", {
      what: "the url is not a connection URL of Postgres",
      where,
      next: "write postgres://user:password@host:port/database, special characters percent-encoded",
    });
  }
  if (isPlain && parts.password !== undefined) {
    context.warn("a password in plain text: use url: { env: NAME } or url: { file: path }", where);
  }
  return parts;
}

const sslmodes = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;

/** libpq's default is prefer; on this machine there is nobody to listen in. `allow` has no meaning of its own here. */
function sslmodeOf(written: string | undefined, host: string, where: Place): Endpoint["sslmode"] {
  if (written === undefined) return isLocal(host) ? "disable" : "prefer";
  const known = written === "allow" ? "prefer" : sslmodes.find((mode) => mode === written);
  if (known !== undefined) return known;
  const what = `sslmode ${JSON.stringify(written)} of the url is unknown`;
  throw new PoststackError("CONFIG_TYPE", { what, where, next: `use one of ${sslmodes.join(", ")}` });
}

const isLocal = (host: string): boolean => /^(127\.[\d.]+|::1|localhost|\/.*)$/.test(host);

function checkOwner(user: string, isExternal: boolean, where: Place): void {
  if (isExternal || user !== superuser) return;
  throw new PoststackError("CONFIG_TYPE", {
    what: `\`${superuser}\` is the superuser of the server and cannot be the owner of its database`,
    where,
    next: "use another name: migrations never run as a superuser",
  });
}
