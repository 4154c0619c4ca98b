import { PoststackError, type ErrorCode, type ErrorFacts } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { EmbeddedFacts, EmbeddedSpec } from "../../core/ports/embedded.ts";
import type { Row, Session } from "../../core/ports/postgres.ts";
import type { DesiredInstance, ObservedInstance, ObservedParameter } from "./model.ts";

export const observe = (
  desired: readonly DesiredInstance[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedInstance[]> =>
  Promise.all(
    desired.map((one) =>
      one.spec === undefined ? observeExternal(one, ports, signal) : observeEmbedded(one, one.spec, ports, signal),
    ),
  );

async function observeEmbedded(
  desired: DesiredInstance,
  spec: EmbeddedSpec,
  ports: Ports,
  signal: AbortSignal,
): Promise<ObservedInstance> {
  const facts = await ports.embedded.observe(spec, signal);
  const seen = { ...base(desired), ...withoutServer(facts) };
  if (facts.dataMajor === undefined) return seen;
  // On another port than asked there may be somebody else's server: whoever answers there is not asked.
  if (!facts.running || facts.runningPort !== spec.port) return { ...seen, server: "down" };
  const asked = await ask(ports, signal);
  if (asked instanceof PoststackError) {
    // Starting, stopping, replaying its log: waiting helps. A refused login does not go away.
    const passes: readonly ErrorCode[] = ["POSTGRES_BUSY", "POSTGRES_UNREACHABLE"];
    return {
      ...seen,
      server: "down",
      ...(passes.includes(asked.code) ? {} : { error: ownServer(asked, desired) }),
    };
  }
  const names = new Set([...desired.parameters.keys(), ...facts.parameters.keys()].map((name) => name.toLowerCase()));
  for (const own of ["port", "listen_addresses"]) names.delete(own);
  return {
    ...seen,
    server: "up",
    version: asked.version,
    ...(await readSettings(asked, names, facts.configuredAt, signal)),
  };
}

async function observeExternal(desired: DesiredInstance, ports: Ports, signal: AbortSignal): Promise<ObservedInstance> {
  const asked = await ask(ports, signal);
  if (asked instanceof PoststackError) {
    return { ...base(desired), server: "down", error: { where: desired.place, ...asked.facts } };
  }
  const systemIdentifier = await identifierOf(asked, signal);
  return {
    ...base(desired),
    server: "up",
    version: asked.version,
    ...(systemIdentifier === undefined ? {} : { systemIdentifier }),
  };
}

/** Poststack made this server's superuser and keeps its password; only by another hand does the server have another one. */
const ownServer = ({ code, facts }: PoststackError, { place }: DesiredInstance): ErrorFacts => ({
  where: place,
  ...facts,
  ...(code === "POSTGRES_LOGIN"
    ? { next: "give the superuser back the password that `poststack db url --admin --show-password` prints" }
    : {}),
});

const base = ({ id, provider }: DesiredInstance): ObservedInstance => ({
  id,
  provider,
  server: "absent",
  written: new Map(),
  parameters: new Map(),
  configurationIsLoaded: true,
});

/** What the files and the system tell; a field that they do not tell is left out. */
function withoutServer(facts: EmbeddedFacts): Partial<ObservedInstance> {
  const { dataMajor, systemIdentifier, startedAt, runningPort, portHolder, dataDirectory, binaries, parameters } =
    facts;
  return {
    dataDirectory,
    written: parameters,
    ...(dataMajor === undefined ? {} : { dataMajor }),
    ...(systemIdentifier === undefined ? {} : { systemIdentifier }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(runningPort === undefined ? {} : { runningPort }),
    ...(portHolder === undefined ? {} : { portHolder }),
    ...(binaries === undefined ? {} : { binaries: `PostgreSQL ${binaries.version} from ${binaries.from}` }),
  };
}

/** A session, or what the server says instead of giving one. Errors that are not the server's go on. */
async function ask(ports: Ports, signal: AbortSignal): Promise<Session | PoststackError> {
  try {
    return await ports.server.admin(signal);
  } catch (error) {
    const told: readonly ErrorCode[] = ["POSTGRES_UNREACHABLE", "POSTGRES_BUSY", "POSTGRES_LOGIN", "POSTGRES_QUERY"];
    if (error instanceof PoststackError && told.includes(error.code)) return error;
    throw error;
  }
}

/** Managed servers and poolers may keep it to themselves. */
async function identifierOf(session: Session, signal: AbortSignal): Promise<string | undefined> {
  try {
    const [row] = await session.query("select system_identifier::text as id from pg_control_system()", [], signal);
    return typeof row?.["id"] === "string" ? row["id"] : undefined;
  } catch (error) {
    if (error instanceof PoststackError && error.code === "POSTGRES_QUERY") return undefined;
    throw error;
  }
}

/** Without parameters on either side there is nothing to compare, and no query. */
async function readSettings(
  session: Session,
  names: ReadonlySet<string>,
  configuredAt: Date | undefined,
  signal: AbortSignal,
): Promise<Pick<ObservedInstance, "parameters" | "configurationIsLoaded">> {
  if (names.size === 0) return { parameters: new Map(), configurationIsLoaded: true };
  const rows = await session.query(
    `select lower(name) as name, setting, unit, vartype, context, pending_restart, min_val, max_val, enumvals,
            coalesce(sourcefile like '%/postgresql.auto.conf', false) as overridden,
            (extract(epoch from pg_conf_load_time()) * 1000)::float8 as loaded_ms
     from pg_settings where lower(name) = any($1) or name = 'port'`,
    [[...names]],
    signal,
  );
  const loadedMs = Number(rows[0]?.["loaded_ms"]);
  return {
    parameters: new Map(
      rows.filter(({ name }) => name !== "port").map((row) => [String(row["name"]), parameterOf(row)]),
    ),
    configurationIsLoaded: configuredAt === undefined || configuredAt.getTime() <= loadedMs,
  };
}

/** A row of pg_settings. */
export const parameterOf = (row: Row): ObservedParameter => ({
  setting: String(row["setting"]),
  unit: textOf(row["unit"]),
  type: String(row["vartype"]),
  context: String(row["context"]),
  pendingRestart: row["pending_restart"] === true,
  minimum: numberOf(row["min_val"]),
  maximum: numberOf(row["max_val"]),
  choices: Array.isArray(row["enumvals"]) ? row["enumvals"].map(String) : [],
  overridden: row["overridden"] === true,
});

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === "string" ? Number(value) : undefined);
