import type { EnvironmentConfig, PostgresConfig, UserConfig } from "../../schema/generated/config.ts";
import { derivedName, ownHost } from "../config/desired/server.ts";
import { providerOf } from "../config/provider.ts";
import type { EnvironmentSource, ProjectSource } from "../config/source.ts";
import { Secret } from "../core/secret.ts";

/** How a value that must not be seen is written. */
const hidden = String(new Secret(""));

/**
 * One environment as it is understood: `extends` merged, variables of structural values worked in, defaults filled in,
 * passwords hidden. Where a password comes from (`{ env: NAME }`) is no secret.
 */
export function effectiveConfig(project: ProjectSource, { name, config }: EnvironmentSource): EnvironmentConfig {
  const { extends: _base, postgres, users, ...rest } = config;
  return {
    protected: false,
    ...rest,
    postgres: effectivePostgres(derivedName(project.name, name), config, postgres ?? {}),
    ...(users === undefined ? {} : { users: users.map(withoutPassword) }),
  };
}

function effectivePostgres(derived: string, config: EnvironmentConfig, postgres: PostgresConfig): PostgresConfig {
  const { url, password = "auto_generated", roles, ...rest } = postgres;
  const provider = providerOf(config);
  const own = provider === "external" ? {} : { host: ownHost(postgres), port: 5432, bind: "127.0.0.1" };
  return {
    ...own,
    database: derived,
    user: derived,
    ...rest,
    provider,
    password: shown(password),
    ...(url === undefined ? {} : { url: typeof url === "string" ? withoutLogin(url) : url }),
    ...(roles === undefined
      ? {}
      : { roles: Object.fromEntries(Object.entries(roles).map(([name, role]) => [name, withoutPassword(role)])) }),
  };
}

const withoutPassword = <T extends Pick<UserConfig, "password">>(one: T): T =>
  one.password === undefined ? one : { ...one, password: shown(one.password) };

const shown = (password: NonNullable<PostgresConfig["password"]>): NonNullable<PostgresConfig["password"]> =>
  typeof password === "string" && password !== "auto_generated" ? hidden : password;

/** The whole of it when it does not parse: a password may be anywhere in it, also in the query. */
function withoutLogin(text: string): string {
  if (!URL.canParse(text)) return hidden;
  const url = new URL(text);
  const isLogin = url.password !== "";
  if ([...url.searchParams.keys()].some((key) => /pass/i.test(key))) return hidden;
  url.password = "";
  return isLogin ? url.href.replace("@", `:${hidden}@`) : url.href;
}
