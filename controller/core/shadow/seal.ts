import type { Session } from "../ports/postgres.ts";
import { askedOnCatalogPath, quoteLiteral } from "../sql.ts";

/** Extensions whose functions reach other servers, or run what they are given outside of the session's transaction. */
const reaching = ["aws_lambda", "aws_s3", "dblink", "http", "pg_background", "pg_cron", "pg_net", "plproxy"];

/**
 * Code that no server confines: of users' functions those in a language that is not trusted (manual: CREATE LANGUAGE), and
 * in C, by oid; the system's own have a lower one (FirstNormalObjectId).
 */
const unconfined = `
  select p.oid, 'function ' || p.oid::regprocedure as name from pg_proc p join pg_language l on l.oid = p.prolang
  where p.oid >= 16384 and not l.lanpltrusted and (l.oid >= 16384 or l.lanname = 'c')
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  union all
  select d.objid, 'functions of extension ' || quote_ident(e.extname) from pg_depend d join pg_extension e on e.oid = d.refobjid
  where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
    and e.extname in (${reaching.map(quoteLiteral).join(", ")})`;

/**
 * What is done to each, and how it is called. Nobody is asked for leave when a trigger calls its function.
 *
 * A wrapper is left alone that the owner may make no server with, while it has none: only a superuser may alter it (manual:
 * ALTER FOREIGN DATA WRAPPER). A routine is, where the admin is not as its owner: REVOKE would take back nothing, with a warning
 * where PUBLIC may call it and with an error where nobody may (manual: REVOKE, Notes). Whether it is open is asked afterwards.
 */
const closing = (owner: string): string => `
with unconfined as (${unconfined})
select 'foreign data wrapper ' || quote_ident(w.fdwname) as name, format('alter foreign data wrapper %I no handler', w.fdwname) as statement
from pg_foreign_data_wrapper w
where w.fdwhandler <> 0 and ((select rolsuper from pg_roles where rolname = current_user)
  or has_foreign_data_wrapper_privilege(${quoteLiteral(owner)}, w.oid, 'usage')
  or exists (select from pg_foreign_server s where s.srvfdw = w.oid))
union all
select u.name, format('revoke all on routine %s from %s cascade', p.oid::regprocedure,
  (select string_agg(distinct case when a.grantee = 0 then 'public' else a.grantee::regrole::text end, ', ')
    from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a))
from pg_proc p join unconfined u on u.oid = p.oid
where (p.proacl is null or exists (select from aclexplode(p.proacl))) and pg_has_role(p.proowner, 'usage')
union all
select format('trigger %I on %s', t.tgname, t.tgrelid::regclass), format('alter table %s disable trigger %I', t.tgrelid::regclass, t.tgname)
from pg_trigger t join unconfined u on u.oid = t.tgfoid where not t.tgisinternal and t.tgparentid = 0
union all
select 'event trigger ' || quote_ident(e.evtname), format('alter event trigger %I disable', e.evtname)
from pg_event_trigger e join unconfined u on u.oid = e.evtfoid
order by 1`;

/** What the owner may still call. A superuser may call everything, and that is not held back. */
const remaining = (owner: string): string => `
with unconfined as (${unconfined})
select u.name, lower(p.proname) as routine
from pg_proc p join unconfined u on u.oid = p.oid join pg_roles r on r.rolname = ${quoteLiteral(owner)}
where not r.rolsuper and has_function_privilege(r.oid, p.oid, 'execute')
order by 1, 2`;

/** A routine that leads out, and that the owner may call all the same. */
interface OpenRoutine {
  /** How it is told: with its extension's. */
  readonly name: string;
  /** Its name without the schema, in lower case. */
  readonly routine: string;
}

export interface Sealed {
  /** What does not work there. */
  readonly ends: readonly string[];
  /** What the admin may not close: of an extension that a provider's superuser made. */
  readonly open: readonly OpenRoutine[];
}

/**
 * A shadow shares its server's network and machine: a migration that fires a trigger there would write to another server for
 * real, each time that it is rehearsed. So nothing that leads out works in it. A statement that needs it fails.
 *
 * @param session of the admin, in the shadow
 * @param owner as whom migrations run
 * @throws PoststackError with 42501 insufficient_privilege, where the admin may not
 */
export async function seal(session: Session, owner: string, signal: AbortSignal): Promise<Sealed> {
  const rows = await session.query(askedOnCatalogPath(closing(owner)), [], signal);
  const statements = rows.map(({ statement }) => askedOnCatalogPath(String(statement)));
  if (statements.length > 0) await session.pipeline(statements, signal);
  const open = await session.query(askedOnCatalogPath(remaining(owner)), [], signal);
  return {
    ends: [...new Set(rows.map(({ name }) => String(name)))],
    open: open.map(({ name, routine }) => ({ name: String(name), routine: String(routine) })),
  };
}
