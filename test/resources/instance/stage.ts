import { resourceId } from "../../../controller/core/id.ts";
import type { EmbeddedSpec } from "../../../controller/core/ports/embedded.ts";
import type { Endpoint, Login } from "../../../controller/core/ports/postgres.ts";
import { Secret } from "../../../controller/core/secret.ts";
import type {
  DesiredInstance,
  ObservedInstance,
  ObservedParameter,
} from "../../../controller/resources/instance/model.ts";

const id = resourceId("instance", "postgres");
export const spec: EmbeddedSpec = { name: "app_dev", major: 17, bind: "127.0.0.1", port: 5433 };

const login: Login = { user: "postgres", password: new Secret("secret") };
export const endpointOn = (port: number, admin: Login = login): Endpoint => ({
  host: "127.0.0.1",
  port,
  sslmode: "disable",
  database: "app_dev",
  maintenanceDatabase: "postgres",
  admin,
  owner: admin,
});

/** An embedded server that should run with the given parameters. */
export const desired = (more: Partial<DesiredInstance> = {}): DesiredInstance => ({
  id,
  provider: "embedded",
  to: "running",
  spec,
  endpoint: endpointOn(5433),
  parameters: new Map(),
  deleteData: false,
  dependsOn: [],
  place: { file: ".poststack.yml", line: 4, column: 5 },
  ...more,
});

/** The same, up and as asked. */
export const observed = (more: Partial<ObservedInstance> = {}): ObservedInstance => ({
  id,
  provider: "embedded",
  server: "up",
  version: 170_010,
  dataMajor: 17,
  systemIdentifier: "7",
  runningPort: 5433,
  startedAt: new Date("2026-01-01T12:00:00Z"),
  binaries: "PostgreSQL 17.10 from npm",
  dataDirectory: "/data",
  written: new Map([
    ["listen_addresses", "127.0.0.1"],
    ["port", "5433"],
  ]),
  parameters: new Map(),
  configurationIsLoaded: true,
  ...more,
});

/** Without some of its fields. */
export function without<T extends object, K extends keyof T>(value: T, ...keys: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as K))) as Omit<T, K>;
}

export const written = (more: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map([...observed().written, ...Object.entries(more)]);

const parameter = (more: Partial<ObservedParameter>): ObservedParameter => ({
  setting: "",
  unit: undefined,
  type: "string",
  context: "sighup",
  pendingRestart: false,
  minimum: undefined,
  maximum: undefined,
  choices: [],
  overridden: false,
  ...more,
});

/** As PostgreSQL 17 describes them, with its defaults. */
const known = {
  shared_buffers: parameter({
    setting: "16384",
    unit: "8kB",
    type: "integer",
    context: "postmaster",
    minimum: 16,
    maximum: 1_073_741_823,
  }),
  max_connections: parameter({ setting: "100", type: "integer", context: "postmaster", minimum: 1, maximum: 262_143 }),
  work_mem: parameter({
    setting: "4096",
    unit: "kB",
    type: "integer",
    context: "user",
    minimum: 64,
    maximum: 2_147_483_647,
  }),
  statement_timeout: parameter({
    setting: "0",
    unit: "ms",
    type: "integer",
    context: "user",
    minimum: 0,
    maximum: 2_147_483_647,
  }),
  fsync: parameter({ setting: "on", type: "bool" }),
  wal_level: parameter({
    setting: "replica",
    type: "enum",
    context: "postmaster",
    choices: ["minimal", "replica", "logical"],
  }),
  random_page_cost: parameter({ setting: "4", type: "real", context: "user", minimum: 0, maximum: 1.797_69e308 }),
  search_path: parameter({ setting: '"$user", public', context: "user" }),
  block_size: parameter({ setting: "8192", type: "integer", context: "internal", minimum: 8192, maximum: 8192 }),
} as const satisfies Record<string, ObservedParameter>;

/** The server's answer for some parameters, changed where the test says so. */
export const settings = (changes: { readonly [K in keyof typeof known]?: Partial<ObservedParameter> }): ReadonlyMap<
  string,
  ObservedParameter
> => new Map(Object.entries(changes).map(([name, more]) => [name, { ...known[name as keyof typeof known], ...more }]));
