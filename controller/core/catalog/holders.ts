import type { Session } from "../ports/postgres.ts";
import { askedOnCatalogPath } from "../sql.ts";
import type { Identity } from "./model.ts";
import { relations } from "./queries/object-rows.ts";

/** Tables and their columns: what rows are in. */
export type Holders = readonly Holder[];

interface Holder {
  /** Numbers of the server, which stay what they are whatever it is called: a catalog knows names alone. */
  readonly key: string;
  readonly identity: Identity;
  /** Keys of what it goes with: a column with its table, and with the column that it is inherited from. */
  readonly within: readonly string[];
}

/** Of the session's database, in the order of their names. */
export async function readHolders(session: Session, signal: AbortSignal): Promise<Holders> {
  const rows = await session.query(askedOnCatalogPath(holdersQuery), [], signal);
  return rows.map(({ key, identity, within }) => ({
    key: String(key),
    identity: String(identity) as Identity,
    within: (JSON.parse(String(within)) as unknown[]).map(String),
  }));
}

/**
 * What is gone with all its rows: what was renamed is not, and neither is what was made anew under its name, which a migration
 * that rebuilds a table fills from the old one. Pure.
 */
export function lostHolders(before: Holders, after: Holders): readonly Identity[] {
  const [keys, names] = [new Set(after.map(({ key }) => key)), new Set(after.map(({ identity }) => identity))];
  const gone = before.filter(({ key, identity }) => !keys.has(key) && !names.has(identity));
  const goneKeys = new Set(gone.map(({ key }) => key));
  return gone.filter(({ within }) => !within.some((key) => goneKeys.has(key))).map(({ identity }) => identity);
}

const holdersQuery = `select case when a.attnum is null then r.oid::text else r.oid || '.' || a.attnum end as key,
  case when a.attnum is null then r.identity else format('column %s.%I', r.name, a.attname) end as identity,
  case when a.attnum is null then '[]' else to_json(array(select r.oid::text
    union all select i.inhparent || '.' || above.attnum from pg_inherits i
      join pg_attribute above on above.attrelid = i.inhparent and above.attname = a.attname where i.inhrelid = r.oid))::text end as within
from ${relations}
cross join lateral (select null::int2 as attnum, null::name as attname
  union all select attnum, attname from pg_attribute where attrelid = r.oid and attnum > 0 and not attisdropped) a
where r.relkind in ('r', 'p')
order by r.name collate "C", a.attnum nulls first`;
