/** The first key of advisory locks, `sibl`; the second is in the name. Whoever lives with a sibling holds it. */
const lockClass = 0x7369_626c;

/** SQL: holds a sibling for the session, before it is there. */
export const hold = (sibling: string): string =>
  `select pg_catalog.pg_advisory_lock(${lockClass}, x'${sibling.slice(-8)}'::int4)`;

/**
 * SQL: whether somebody is still at this row of pg_database, which is called as a sibling is. The host's lock tells it of this
 * machine only, and the writer's lock is not held by who only proves a backup, nor all the time by who restores one.
 */
export const isHeld = (row: string): string =>
  `exists (select from pg_catalog.pg_locks l where l.locktype = 'advisory' and l.classid::bigint = ${lockClass} and l.objsubid = 2
    and l.objid::bigint = ('x' || right(${row}.datname, 8))::bit(32)::bigint)`;
