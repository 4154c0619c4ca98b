import { layoutOf } from "../../resources/instance/on-container/layout.ts";
import { initdbArguments } from "../../resources/instance/on-container/spec.ts";
import type { ContainerServer, DesiredInstance } from "../../resources/instance/model.ts";

/** Variables that hold the two passwords, where the file does not. */
export const superuserPassword = "POSTSTACK_SUPERUSER_PASSWORD";
export const ownerPassword = "DB_PASSWORD";

const superuserSecret = "poststack_superuser";
const ownerSecret = "poststack_owner";
const beginScript = "poststack_begin";

/** Of an image that nobody named. */
const defaultMajor = 17;

interface Document {
  readonly services?: Readonly<Record<string, object>>;
  readonly networks?: Readonly<Record<string, object | null>>;
  readonly volumes?: object;
  readonly configs?: object;
  readonly secrets?: object;
}

interface ServerOptions {
  /** The passwords are in the file itself. */
  readonly showSecrets: boolean;
}

/**
 * The environment's Postgres as a service of the same file: the image, the data, the address and the healthcheck that we
 * give it. The owner and the database, which are otherwise made by SQL, come from a script of the first start. Whoever
 * needs it waits for it. A server that is no container is not in the file.
 */
export function withServer(
  own: object,
  { endpoint, container, parameters }: DesiredInstance,
  options: ServerOptions,
): object {
  if (container === undefined) return own;
  const { services = {}, networks = {}, volumes = {}, configs = {}, secrets = {} } = own as Document;
  const { service, volume } = container;
  const passwords = passwordParts(options);
  const waiting = Object.entries(services).map(([name, one]) => [
    name,
    { ...one, depends_on: { ...("depends_on" in one ? (one.depends_on as object) : {}), ...isReady(service) } },
  ]);
  const all = withMissing(networks, container.networks);
  return {
    ...own,
    services: {
      ...Object.fromEntries(waiting),
      [service]: {
        ...serviceOf(container, parameters),
        ...passwords.service,
        healthcheck: healthcheckOf(endpoint.admin.user),
        environment: environmentOf(container, endpoint, passwords.file(superuserSecret)),
        networks: attachedTo(all, container),
      },
    },
    networks: all,
    volumes: { ...volumes, [service]: { name: volume } },
    configs: {
      ...configs,
      ...passwords.configs,
      [beginScript]: { content: beginScriptOf(endpoint, passwords.file(ownerSecret)) },
    },
    ...(Object.keys({ ...secrets, ...passwords.secrets }).length === 0
      ? {}
      : { secrets: { ...secrets, ...passwords.secrets } }),
  };
}

type Networks = NonNullable<Document["networks"]>;

const nameOf = (network: object | null | undefined): unknown =>
  network !== null && network !== undefined && "name" in network ? network.name : undefined;

/** With the one that is there for the server alone. */
function withMissing(networks: Networks, names: readonly string[]): Networks {
  const known = new Set(Object.values(networks).map(nameOf));
  const missing = names.filter((name) => !known.has(name));
  const key = "default" in networks ? "poststack" : "default";
  return { ...networks, ...Object.fromEntries(missing.map((name) => [key, { name }])) };
}

/** On each, containers call it what we let them call it. */
const attachedTo = (all: Networks, { networks, alias }: ContainerServer): object =>
  Object.fromEntries(
    Object.entries(all)
      .filter(([, network]) => networks.some((name) => name === nameOf(network)))
      .map(([key]) => [key, { aliases: [alias] }]),
  );

const isReady = (service: string): object => ({ [service]: { condition: "service_healthy", required: true } });

function serviceOf(server: ContainerServer, parameters: DesiredInstance["parameters"]): object {
  const { name, image, bind, port, service } = server;
  // What our own configuration file says besides, whatever the image's says.
  const fixed = [
    ["listen_addresses", "*"],
    ["password_encryption", "scram-sha-256"],
  ] as const;
  const settings = [...fixed, ...[...parameters].sort(([a], [b]) => (a < b ? -1 : 1))];
  const mount = layoutOf(imageOf(server)).mount;
  return {
    image,
    container_name: name,
    command: ["postgres", ...settings.flatMap(([key, value]) => ["-c", `${key}=${value}`.replaceAll("$", "$$$$")])],
    restart: "unless-stopped",
    stop_signal: "SIGINT",
    stop_grace_period: "1m0s",
    shm_size: "268435456",
    ports: [
      {
        mode: "ingress",
        ...(bind === undefined ? {} : { host_ip: bind }),
        target: 5432,
        published: String(port),
        protocol: "tcp",
      },
    ],
    volumes: [{ type: "volume", source: service, target: mount }],
  };
}

/** Over TCP: the server of the first start listens on the socket alone. */
const healthcheckOf = (user: string): object => ({
  test: ["CMD", "pg_isready", "--quiet", "--host=127.0.0.1", "--port=5432", `--username=${user}`],
  interval: "5s",
  timeout: "5s",
  start_period: "5m0s",
  retries: 3,
});

function environmentOf(
  server: ContainerServer,
  { admin, maintenanceDatabase }: DesiredInstance["endpoint"],
  passwordFile: string,
): object {
  const { data, major } = layoutOf(imageOf(server));
  return {
    PGDATA: data,
    POSTGRES_USER: admin.user,
    POSTGRES_DB: maintenanceDatabase,
    POSTGRES_PASSWORD_FILE: passwordFile,
    POSTGRES_HOST_AUTH_METHOD: "scram-sha-256",
    POSTGRES_INITDB_ARGS: initdbArguments(major),
  };
}

/** As the official images are: an engine need not be asked for a text. */
function imageOf({ major = defaultMajor }: ContainerServer): Parameters<typeof layoutOf>[0] {
  const home = major >= 18 ? `/var/lib/postgresql/${major}/docker` : "/var/lib/postgresql/data";
  return {
    environment: new Map([
      ["PGDATA", home],
      ["PG_MAJOR", String(major)],
    ]),
    volumes: [major >= 18 ? "/var/lib/postgresql" : home],
  };
}

interface PasswordParts {
  readonly file: (name: string) => string;
  readonly service: object;
  readonly configs: object;
  readonly secrets: object;
}

/**
 * As files in the container, which get their content from variables. Compose has no secret with its content in the file; a
 * config has.
 */
function passwordParts({ showSecrets }: ServerOptions): PasswordParts {
  const script = { source: beginScript, target: "/docker-entrypoint-initdb.d/poststack.sh" };
  const names = [
    [superuserSecret, superuserPassword],
    [ownerSecret, ownerPassword],
  ] as const;
  if (showSecrets) {
    const file = (name: string): string => `/run/poststack/${name}`;
    return {
      file,
      service: { configs: [script, ...names.map(([name]) => ({ source: name, target: file(name) }))] },
      configs: Object.fromEntries(names.map(([name, variable]) => [name, { content: `«${variable}»` }])),
      secrets: {},
    };
  }
  return {
    file: (name) => `/run/secrets/${name}`,
    service: { configs: [script], secrets: names.map(([name]) => ({ source: name })) },
    configs: {},
    secrets: Object.fromEntries(names.map(([name, variable]) => [name, { environment: variable }])),
  };
}

/**
 * Sourced by the image's entrypoint on the first start. psql reads the password, so that no process has it among its
 * arguments, and puts it into its quotes.
 */
function beginScriptOf({ owner, database }: DesiredInstance["endpoint"], passwordFile: string): string {
  const name = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  return [
    `psql --username "$$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 <<'SQL'`,
    `\\set password \`cat ${passwordFile}\``,
    `create role ${name(owner.user)} login password :'password';`,
    `create database ${name(database)} owner ${name(owner.user)};`,
    "SQL",
    "",
  ]
    .join("\n")
    .replaceAll(/\$(?!\$|POSTGRES|\()/g, "$$$$");
}
