import { within } from "../deadline.ts";
import { PoststackError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type { Endpoint, Postgres, Session } from "../ports/postgres.ts";
import { quoteIdentifier, quoteLiteral, sqlFailure } from "../sql.ts";

export interface ShadowPorts {
  readonly postgres: Postgres;
  readonly clock: Clock;
}

/** Eight hexadecimal digits follow, which are the key of its lock, too. */
const prefix = "poststack_shadow_";

/**
 * Set by the very statement that makes it, so that a shadow can be told from a stranger's database from its first moment,
 * also when its maker was killed right then.
 */
const connectionLimit = 17;

/** The first key of advisory locks, `shad`; the second is in the name. Whoever lives with a shadow holds it. */
const lockClass = 0x7368_6164;

/** Milliseconds to make or drop one: the server copies files, and up to version 14 waits for a checkpoint. */
const limitMs = 300_000;

/**
 * Makes an empty database on the same server, of the same owner, encoding and locale, for as long as `run` takes. It holds
 * no data of anybody. One that was left behind by a kill is dropped by the next command that needs one.
 *
 * @param endpoint of the environment; `run` gets one of the shadow
 * @throws PoststackError `NOT_PERMITTED`, `TIMEOUT`, and what `run` throws
 */
export async function withShadow<T>(
  endpoint: Endpoint,
  { postgres, clock }: ShadowPorts,
  signal: AbortSignal,
  run: (shadow: Endpoint) => Promise<T>,
): Promise<T> {
  const session = await postgres.connect(endpoint, endpoint.admin, endpoint.maintenanceDatabase, signal);
  try {
    const key = Math.floor(clock.random() * 2 ** 31);
    const name = `${prefix}${key.toString(16).padStart(8, "0")}`;
    await session.query("select pg_catalog.pg_advisory_lock($1::int, $2::int)", [lockClass, key], signal);
    await dropForsaken(session, signal);
    const statement = `${await databaseLike(name, endpoint, session, signal)} connection limit ${connectionLimit}`;
    const making = { subject: "making a shadow database", next: "see what keeps the server busy" };
    try {
      await within(limitMs, making, clock, signal, (limited) => session.query(statement, [], limited)).catch(explained);
      return await run({ ...endpoint, database: name });
    } finally {
      // Also after an abort, and also when it was made though the answer was lost.
      await session.query(dropping(name), [], AbortSignal.timeout(limitMs)).catch(() => undefined);
    }
  } finally {
    await session.close();
  }
}

/** 42501 insufficient_privilege */
function explained(error: unknown): never {
  if (sqlFailure(error)?.sqlState !== "42501") throw error;
  throw new PoststackError(
    "NOT_PERMITTED",
    {
      what: "the admin login may not make a shadow database",
      next: "give it CREATEDB, or a login that has it",
    },
    { cause: sqlFailure(error) },
  );
}

const dropping = (name: string): string => `drop database if exists ${quoteIdentifier(name)} with (force)`;

/**
 * Shadows whose maker was killed. The names, and who made them, say what they are; nobody holds the lock any more.
 *
 * @param session in any database of the server
 */
export async function forsakenShadows(session: Session, signal: AbortSignal): Promise<readonly string[]> {
  const rows = await session.query(
    `select d.datname as name from pg_catalog.pg_database d
     where d.datname ~ '^${prefix}[0-9a-f]{8}$' and d.datconnlimit = ${connectionLimit}
       and not exists (
         select from pg_catalog.pg_locks l where l.locktype = 'advisory' and l.classid::bigint = ${lockClass} and l.objsubid = 2
           and l.objid::bigint = ('x' || right(d.datname, 8))::bit(32)::bigint)`,
    [],
    signal,
  );
  return rows.map(({ name }) => String(name));
}

async function dropForsaken(session: Session, signal: AbortSignal): Promise<void> {
  for (const name of await forsakenShadows(session, signal)) {
    // Another command may be at the same, or a lesser admin may not touch what another role made.
    await session.query(dropping(name), [], signal).catch((error: unknown) => {
      if (sqlFailure(error) === undefined) throw error;
    });
  }
}

/**
 * CREATE DATABASE as the environment's own is, empty: an order of letters decides what an index or a check lets pass.
 */
export async function databaseLike(
  name: string,
  { database, owner }: Endpoint,
  session: Session,
  signal: AbortSignal,
): Promise<string> {
  const { version } = session;
  // The provider came with 15; its locale is called differently since 17.
  const provider =
    version >= 150_000
      ? `case d.datlocprovider when 'i' then 'icu' when 'b' then 'builtin' end as provider, d.${version >= 170_000 ? "datlocale" : "daticulocale"} as locale`
      : "null as provider, null as locale";
  const [row = {}] = await session.query(
    `select pg_catalog.pg_encoding_to_char(d.encoding) as encoding, d.datcollate as collate, d.datctype as ctype, ${provider}
     from pg_catalog.pg_database d where d.datname = $1`,
    [database],
    signal,
  );
  const text = (column: string): string | undefined => {
    const value = row[column];
    return typeof value === "string" ? quoteLiteral(value) : undefined;
  };
  const named = row["provider"] === "icu" ? "icu_locale" : "builtin_locale";
  const settings = [
    ["encoding", text("encoding")],
    ["lc_collate", text("collate")],
    ["lc_ctype", text("ctype")],
    ["locale_provider", typeof row["provider"] === "string" ? row["provider"] : undefined],
    [named, row["provider"] === null ? undefined : text("locale")],
  ].flatMap(([key, value]) => (value === undefined ? [] : [`${key} ${value}`]));
  return `create database ${quoteIdentifier(name)} owner ${quoteIdentifier(owner.user)} template template0 ${settings.join(" ")}`;
}
