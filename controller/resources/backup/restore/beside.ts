import { isMarked } from "../../../core/mark.ts";
import type { Session } from "../../../core/ports/postgres.ts";
import { askedOnCatalogPath, quoteLiteral } from "../../../core/sql.ts";
import { discardedName, isUnmarkedSibling, siblingName } from "../names.ts";
import { isHeld } from "./held.ts";

const isOurs = (mark: string): string => isMarked("pg_catalog.shobj_description(d.oid, 'pg_database')", mark, "d.oid");

/** SQL: the databases that are called as this one but for its random part, at which nobody is any more. */
function namedAs(example: string, isMeant: string): string {
  const stem = example.slice(0, -8);
  return `(select coalesce(json_agg(d.datname), '[]') from pg_catalog.pg_database d
    where left(d.datname, ${stem.length}) = ${quoteLiteral(stem)} and right(d.datname, 8) ~ '^[0-9a-f]{8}$' and (${isMeant}) and not ${isHeld("d")})`;
}

/** SQL: the databases that a restore of this one has made and not come to the end of. */
export const leftBeside = (database: string, mark: string): string =>
  namedAs(siblingName(database, 0), `${isOurs(mark)} or ${isUnmarkedSibling("d")}`);

/** SQL: the databases that a restore has replaced with the leave to delete them, and not dropped. */
export const discardedBeside = (database: string, mark: string): string =>
  namedAs(discardedName(siblingName(database, 0)), isOurs(mark));

/** What the two come to; total, since they are a server's answer. */
export const namesIn = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String).sort() : []);

/** Asked in any database of the server. */
export async function discardedDatabases(
  database: string,
  mark: string,
  session: Session,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [row] = await session.query(
    askedOnCatalogPath(`select ${discardedBeside(database, mark)} as names`),
    [],
    signal,
  );
  return namesIn(row?.["names"]);
}
