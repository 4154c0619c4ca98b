import type { Row, Session } from "../ports/postgres.ts";
import { sqlFailure } from "../sql.ts";
import { decode, type CatalogRows } from "./decode.ts";
import type { Catalog } from "./model.ts";
import { aliasQuery, dependencyQuery, multirangeAliasQuery } from "./queries/dependencies.ts";
import { extendingQueries, uncoveredQuery } from "./queries/extending.ts";
import { partQueries } from "./queries/parts.ts";
import { commentQuery, defaultPrivilegeRows, grantQuery } from "./queries/privileges.ts";
import { relationQueries } from "./queries/relations.ts";
import { routineQueries } from "./queries/routines.ts";
import { schemaQueries } from "./queries/schemas.ts";
import { typeQueries } from "./queries/types.ts";

/** Milliseconds that reading may wait for a table that somebody alters: the server's functions lock what they describe. */
const lockTimeoutMs = 5_000;

/**
 * One snapshot, and every name written with its schema. The rest is what expressions with dates, intervals and numbers are
 * printed by: as pg_dump sets it, so that the same default reads the same wherever it is asked for.
 */
const begin = [
  "begin isolation level repeatable read read only",
  "set local search_path = ''",
  `set local lock_timeout = ${lockTimeoutMs}`,
  "set local quote_all_identifiers = off",
  "set local standard_conforming_strings = on",
  "set local datestyle = 'ISO, YMD'",
  "set local intervalstyle = postgres",
  "set local timezone = 'UTC'",
  "set local extra_float_digits = 1",
  "set local bytea_output = hex",
  "set local xmloption = content",
].join("; ");

/** How often it is read anew when an object vanishes between the snapshot and the function that describes it. */
const tries = 3;

/**
 * The catalog of the session's database: two dozen questions in one round trip, however many objects there are. What
 * extensions brought along, schema `poststack`, the system's schemas and temporary ones are left out.
 *
 * @throws PoststackError as {@link Session.pipeline}; `POSTGRES_CONFLICT` when a table stays locked
 */
export const readCatalog = (session: Session, signal: AbortSignal): Promise<Catalog> =>
  readPatiently(session, (question) => question, signal);

/**
 * For a database that is read again and again: what is asked is planned once, which is most of the work of a small
 * catalog. On a session that nobody resets meanwhile.
 *
 * @throws PoststackError as {@link readCatalog}
 */
export function catalogReader(session: Session): (signal: AbortSignal) => Promise<Catalog> {
  const prepared = (index: number): string => `poststack_catalog_${index}`;
  let preparing: Promise<unknown> | undefined;
  return async (signal) => {
    // Under the settings that it is asked under: with another search_path it would be planned anew (manual: PREPARE).
    const statements = questionsFor(session).map((question, index) => `prepare ${prepared(index)} as ${question}`);
    await (preparing ??= session.pipeline([begin, ...statements, "rollback"], signal));
    return readPatiently(session, (_question, index) => `execute ${prepared(index)}`, signal);
  };
}

/** How a question is put to the server. */
type Wording = (question: string, index: number) => string;

async function readPatiently(session: Session, wording: Wording, signal: AbortSignal): Promise<Catalog> {
  for (let attempt = 1; ; attempt++) {
    try {
      return decode(await ask(session, wording, signal));
    } catch (error) {
      // XX000 internal_error, "cache lookup failed": pg_get_…def look at the present and not at the snapshot.
      if (sqlFailure(error)?.sqlState !== "XX000" || attempt === tries) throw error;
    }
  }
}

async function ask(session: Session, wording: Wording, signal: AbortSignal): Promise<CatalogRows> {
  const groups = groupsFor(session);
  // Rolled back in any case: behind a failure a commit would do the same, and there is nothing to commit.
  const [, ...answers] = await session.pipeline([begin, ...questionsFor(session).map(wording), "rollback"], signal);
  const take = (count: number): readonly Row[] => answers.splice(0, count).flat();
  return {
    objects: take(groups.objects.length),
    dependencies: take(1),
    aliases: take(groups.aliases.length),
    grants: take(1),
    comments: take(1),
    roles: take(1),
    uncovered: take(1),
  };
}

const questionsFor = (session: Session): readonly string[] => Object.values(groupsFor(session)).flat();

const groupsFor = ({ version }: Session) => ({
  objects: [
    ...schemaQueries(version),
    ...typeQueries(version),
    ...relationQueries(version),
    ...routineQueries(),
    ...extendingQueries(),
    ...partQueries(version),
    defaultPrivilegeRows,
  ],
  dependencies: [dependencyQuery],
  aliases: version >= 140_000 ? [aliasQuery, multirangeAliasQuery] : [aliasQuery],
  grants: [grantQuery],
  comments: [commentQuery],
  roles: [rolesQuery],
  uncovered: [uncoveredQuery],
});

const rolesQuery = `select r.oid::int8 as oid, quote_ident(r.rolname) as name, r.oid = d.datdba as "isOwner"
from pg_roles r, pg_database d where d.datname = current_database()`;
