import { ask } from "../../../core/deadline.ts";
import { errorsOf, type ErrorFacts } from "../../../core/errors.ts";
import type { Place } from "../../../core/place.ts";
import { withoutPooler } from "../../../core/pooler.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment, type OpenedEnvironment } from "../../open.ts";
import { paintedError } from "../../report.ts";
import { serverAccess } from "../../server-access.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

interface Attempt {
  readonly as: "owner" | "admin";
  /** Absent where there is no password to log in with. */
  readonly user?: string;
  readonly database?: string;
  readonly address?: string;
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
  const attempts: Attempt[] = [];
  for (const as of ["owner", "admin"] as const) attempts.push(await attempt(as, opened, world.signal));

  if (context.json) printJson(context, { version: 1, environment: opened.environment, attempts });
  else for (const one of attempts) tell(one, context);
  return attempts.some(({ error }) => error !== undefined) ? exitCode.error : exitCode.done;
}

async function attempt(as: Attempt["as"], opened: OpenedEnvironment, signal: AbortSignal): Promise<Attempt> {
  const { postgres, clock } = opened.ports;
  let facts: Pick<Attempt, "as" | "user" | "database" | "address"> = { as };
  let place: Place | undefined;
  let askedMs = clock.nowMs();
  const milliseconds = (): number => Math.round((clock.nowMs() - askedMs) * 10) / 10;
  try {
    const { endpoint, login, database, ...server } = await serverAccess(opened, as === "admin");
    place = server.place;
    const { host, port } = withoutPooler(endpoint);
    facts = { as, user: login.user, database, address: `${host}:${port}` };
    askedMs = clock.nowMs();
    const session = await postgres.connect(endpoint, login, database, signal);
    try {
      const [row] = await ask(session, question, [], clock, signal);
      return {
        ...facts,
        milliseconds: milliseconds(),
        serverVersion: String(row?.["version"]),
        tls: row?.["tls"] === true,
      };
    } finally {
      await session.close();
    }
  } catch (thrown) {
    const [error] = errorsOf(thrown);
    if (error === undefined) return { ...facts, milliseconds: milliseconds() };
    const where = error.facts.where ?? place;
    return {
      ...facts,
      milliseconds: milliseconds(),
      error: { ...error.facts, ...(where === undefined ? {} : { where }) },
    };
  }
}

function tell(result: Attempt, { print, note, paint, paintError }: Context): void {
  const { as, user, address, database, milliseconds, serverVersion, tls, error } = result;
  const login = user === undefined ? "" : ` ${user} at ${address ?? "?"}, database ${database ?? "?"}`;
  const way = `${as.padEnd(5)}${login}`;
  if (error === undefined) {
    const server = `PostgreSQL ${serverVersion ?? "?"}, ${tls === true ? "TLS" : "no TLS"}`;
    print(`${paint("add", "✔")} ${way}: ${server}, ${milliseconds} ms`);
  } else {
    print(`${paint("remove", "✘")} ${way}: ${error.code}`);
    note(paintedError(error, paintError));
  }
}
