import { watchBlockers } from "../../core/blockers.ts";
import { lockTimeoutMs } from "../../core/contention.ts";
import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { Session } from "../../core/ports/postgres.ts";
import { done, type Result } from "../../core/resource.ts";
import { sqlFailure } from "../../core/sql.ts";
import { readInvalidIndexes, remedyFor, type InvalidIndex } from "./catalog-faults.ts";
import { freshSession } from "./session.ts";

/**
 * Makes an index valid while its table is read and written; what was left of an earlier such attempt is dropped. It waits for
 * every older transaction, as long as that takes, and tells for whom.
 *
 * @throws PoststackError `MIGRATION_FAILED`, `FENCED`
 */
export async function rebuildIndex(index: InvalidIndex, ports: Ports, signal: AbortSignal): Promise<Result> {
  const statement = remedyFor(index);
  const session = await freshSession(ports, signal);
  await session.query(`select poststack.check_fence(${ports.server.fence()})`, [], signal);
  // As the look that planned it: the owner does not see what other roles build.
  const looking = (await ports.server.database(signal)) ?? session;
  const isThere = (await readInvalidIndexes(looking, signal)).some(({ name }) => name === index.name);
  if (!isThere || statement === undefined) return { note: "valid, or being built" };
  const before = await copiesOf(index, session, signal);
  await session.pipeline(["set lock_timeout = 0"], signal);
  const watch = watchBlockers(session.pid, "admin", ports);
  try {
    await session.query(statement, [], signal);
    return done;
  } catch (error) {
    const failure = sqlFailure(error);
    if (failure === undefined) throw error;
    // What cannot be dropped now, the next repair drops: it is a fault in the catalog of its own.
    await dropCopies(index, before, session, signal).catch(() => undefined);
    throw new PoststackError(
      "MIGRATION_FAILED",
      {
        what: `index ${index.name} could not be rebuilt: ${failure.message}`,
        next: "take away what stands in its way, and `poststack db repair` again; or drop the index",
        details: [
          `SQLSTATE ${failure.sqlState}`,
          ...(failure.detail === undefined ? [] : [`detail: ${failure.detail}`]),
        ],
      },
      { cause: failure },
    );
  } finally {
    watch.stop();
  }
}

/**
 * What REINDEX CONCURRENTLY leaves of this index: its name, cut where it would be too long, and `_ccnew` or `_ccold`, and a
 * number where that name is taken (manual: REINDEX, Rebuilding Indexes Concurrently). Other indexes of the table that are not
 * valid are somebody else's. None while anything is built on the table, or by a role whose work ours may not see (its columns are
 * null then): it may be another's copy.
 */
const copiesSql = `
with it as (select i.indexrelid, i.indrelid, c.relname, c.relnamespace
  from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid where i.indexrelid = to_regclass($1))
select format('%I.%I', n.nspname, c.relname) as name
from it join pg_catalog.pg_index i on i.indrelid = it.indrelid and i.indexrelid <> it.indexrelid and not i.indisvalid
join pg_catalog.pg_class c on c.oid = i.indexrelid and c.relnamespace = it.relnamespace and c.relname ~ '_cc(new|old)\\d*$'
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (select regexp_replace(c.relname, '_cc(new|old)\\d*$', '') as start) s
where (s.start = it.relname or (starts_with(it.relname, s.start) and octet_length(c.relname) >= ${63 - 3}))
  and not exists (select from pg_catalog.pg_stat_progress_create_index p
    where p.datname = current_database() and coalesce(p.relid, it.indrelid) = it.indrelid)
order by 1`;

const copiesOf = async ({ name }: InvalidIndex, session: Session, signal: AbortSignal): Promise<readonly string[]> =>
  (await session.query(copiesSql, [name], signal)).map((row) => String(row["name"]));

/** Not longer than a migration waits for a lock: the rebuild has failed already, and that is to be told. */
async function dropCopies(
  index: InvalidIndex,
  before: readonly string[],
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  await session.pipeline([`set lock_timeout = ${lockTimeoutMs}`], signal);
  for (const name of await copiesOf(index, session, signal)) {
    if (!before.includes(name)) await session.query(`drop index concurrently if exists ${name}`, [], signal);
  }
}
