import { readCatalog } from "../core/catalog/read.ts";
import type { Catalog } from "../core/catalog/model.ts";
import { within } from "../core/deadline.ts";
import { PoststackError } from "../core/errors.ts";
import type { Endpoint, Session } from "../core/ports/postgres.ts";
import type { Look } from "./look.ts";

/** Milliseconds for a catalog of any size; a second is enough for hundreds of tables. */
const readLimitMs = 60_000;

/** @throws PoststackError `POSTGRES_MISSING` */
export function endpointOf({ desired: { endpoint, environment } }: Look): Endpoint {
  if (endpoint !== undefined) return endpoint;
  throw new PoststackError("POSTGRES_MISSING", {
    what: `environment ${environment} has no Postgres`,
    next: "write `postgres:` into it",
  });
}

/**
 * The session of a look, in the environment's database: for questions about its schema.
 *
 * @throws PoststackError `POSTGRES_MISSING`, `POSTGRES_UNREACHABLE`
 */
export async function sessionOf(look: Look, signal: AbortSignal): Promise<Session> {
  const { observation, ports, desired } = look;
  const { database } = endpointOf(look);
  const isUp = observation.observed.instance?.[0]?.server === "up";
  const session = isUp ? await ports.server.database(signal) : undefined;
  if (session !== undefined) return session;
  throw new PoststackError("POSTGRES_UNREACHABLE", {
    what: isUp ? `there is no database ${database} yet` : `the server of ${desired.environment} is not running`,
    next: `run \`poststack apply ${desired.environment}\``,
  });
}

/** @throws PoststackError `TIMEOUT`, and as {@link readCatalog} */
export const catalogOf = (session: Session, { ports }: Look, signal: AbortSignal): Promise<Catalog> =>
  within(
    readLimitMs,
    { subject: "reading the catalog", next: "see what keeps the server busy" },
    ports.clock,
    signal,
    (limited) => readCatalog(session, limited),
  );
