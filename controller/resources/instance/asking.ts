import { PoststackError, type ErrorCode } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Row, Session } from "../../core/ports/postgres.ts";
import type { DesiredInstance, ObservedInstance, ObservedParameter } from "./model.ts";

// What every kind of server is asked in the same way.

export const base = ({ id, provider }: DesiredInstance): ObservedInstance => ({
  id,
  provider,
  server: "absent",
  written: new Map(),
  parameters: new Map(),
  configurationIsLoaded: true,
});

/** A session, or what the server says instead of giving one. Errors that are not the server's go on. */
export async function ask(ports: Ports, signal: AbortSignal): Promise<Session | PoststackError> {
  try {
    return await ports.server.admin(signal);
  } catch (error) {
    const told: readonly ErrorCode[] = [
      "POSTGRES_UNREACHABLE",
      "POSTGRES_BUSY",
      "POSTGRES_LOGIN",
      "POOLER_DETECTED",
      "POSTGRES_QUERY",
    ];
    if (error instanceof PoststackError && told.includes(error.code)) return error;
    throw error;
  }
}

/** Without parameters on either side there is nothing to compare, and no query. */
export async function readSettings(
  session: Session,
  names: ReadonlySet<string>,
  configuredAt: Date | undefined,
  signal: AbortSignal,
): Promise<Pick<ObservedInstance, "parameters" | "configurationIsLoaded">> {
  if (names.size === 0) return { parameters: new Map(), configurationIsLoaded: true };
  const rows = await session.query(
    // What a session of ours sets for itself is not what the server was told.
    `select lower(name) as name, case source when 'session' then reset_val else setting end as setting, unit, vartype, context, pending_restart, min_val, max_val, enumvals,
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
