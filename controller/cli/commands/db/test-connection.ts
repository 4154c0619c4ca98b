import { errorsOf, type ErrorFacts } from "../../../core/errors.ts";
import type { Endpoint, Login } from "../../../core/ports.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment, type OpenedEnvironment } from "../../open.ts";
import { paintedError } from "../../report.ts";
import { serverAccess } from "../../server-access.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

interface Attempt {
  readonly as: "owner" | "admin";
  readonly user: string;
  readonly database: string;
  /** From the first packet to the answer of a first query. */
  readonly milliseconds: number;
  readonly serverVersion?: string;
  readonly tls?: boolean;
  readonly error?: ErrorFacts;
}

const question = `select current_setting('server_version') as version,
  coalesce((select ssl from pg_catalog.pg_stat_ssl where pid = pg_catalog.pg_backend_pid()), false) as tls`;

/** Logs in as owner and as admin, one after the other, and says how that went. */
export async function testConnectionCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const { endpoint } = await serverAccess(opened, false);
  const attempts: Attempt[] = [];
  for (const as of ["owner", "admin"] as const) attempts.push(await attempt(as, endpoint, opened, world.signal));

  const { environment } = opened;
  const address = `${endpoint.host}:${endpoint.port}`;
  if (context.json) printJson(context, { version: 1, environment, address, sslmode: endpoint.sslmode, attempts });
  else for (const one of attempts) tell(one, address, context);
  return attempts.some(({ error }) => error !== undefined) ? exitCode.error : exitCode.done;
}

async function attempt(
  as: Attempt["as"],
  endpoint: Endpoint,
  { ports }: OpenedEnvironment,
  signal: AbortSignal,
): Promise<Attempt> {
  const login: Login = as === "owner" ? endpoint.owner : endpoint.admin;
  const database = as === "owner" ? endpoint.database : endpoint.maintenanceDatabase;
  const startedMs = ports.clock.nowMs();
  const facts = (): Pick<Attempt, "as" | "user" | "database" | "milliseconds"> => ({
    as,
    user: login.user,
    database,
    milliseconds: Math.round((ports.clock.nowMs() - startedMs) * 10) / 10,
  });
  try {
    const session = await ports.postgres.connect(endpoint, login, database, signal);
    try {
      const [row] = await session.query(question, [], signal);
      return { ...facts(), serverVersion: String(row?.["version"]), tls: row?.["tls"] === true };
    } finally {
      await session.close();
    }
  } catch (thrown) {
    const [error] = errorsOf(thrown);
    return { ...facts(), ...(error === undefined ? {} : { error: error.facts }) };
  }
}

function tell(result: Attempt, address: string, { print, note, paint, paintError }: Context): void {
  const { as, user, database, milliseconds, serverVersion, tls, error } = result;
  const way = `${as.padEnd(5)} ${user} at ${address}, database ${database}`;
  if (error === undefined) {
    const server = `PostgreSQL ${serverVersion ?? "?"}, ${tls === true ? "TLS" : "no TLS"}`;
    print(`${paint("add", "✔")} ${way}: ${server}, ${milliseconds} ms`);
  } else {
    print(`${paint("remove", "✘")} ${way}: ${error.code}`);
    note(paintedError(error, paintError));
  }
}
