import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { Endpoint } from "../../../core/ports/postgres.ts";
import { quoteIdentifier, quoteLiteral, sqlFailure } from "../../../core/sql.ts";
import { block, checkFence, transact } from "../../../core/transaction.ts";

/** Applications that connect again at once may be in between: so often it is tried to be faster. */
const tries = 20;
const pauseMs = 100;

/**
 * What `ALTER DATABASE` and `GRANT … ON DATABASE` have set for the present database is about the place, not about its
 * content: no archive holds it, and the one that takes the place gets it.
 */
export async function copySettings(from: string, to: string, ports: Ports, signal: AbortSignal): Promise<void> {
  const session = await ports.server.admin(signal);
  await transact(session, [settingsOf(from, to)], ports, signal);
}

const settingsOf = (from: string, to: string): string =>
  block(`declare
    old record; setting record; granted record; target text := ${quoteLiteral(to)};
  begin
    select * into strict old from pg_catalog.pg_database where datname = ${quoteLiteral(from)};
    execute format('alter database %I connection limit %s', target, old.datconnlimit);
    for setting in
      select split_part(c, '=', 1) as name, substr(c, strpos(c, '=') + 1) as value,
        case when s.setrole = 0 then format('database %I', target)
          else format('role %s in database %I', s.setrole::regrole, target) end as whose
      from pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c where s.setdatabase = old.oid
    loop
      -- FROM CURRENT takes lists as they are, which quoting would make one word.
      perform pg_catalog.set_config(setting.name, setting.value, true);
      execute format('alter %s set %I from current', setting.whose, setting.name);
    end loop;
    if old.datacl is not null then
      execute format('revoke all on database %I from public', target);
      for granted in select * from pg_catalog.aclexplode(old.datacl) loop
        execute format('grant %s on database %I to %s %s', granted.privilege_type, target,
          case when granted.grantee = 0 then 'public' else granted.grantee::regrole::text end,
          case when granted.is_grantable and granted.grantee <> 0 then 'with grant option' end);
      end loop;
    end if;
  end`);

interface Places {
  /** Of the present one. */
  readonly endpoint: Endpoint;
  readonly sibling: string;
  /** What the present one is called afterwards. */
  readonly before: string;
  /** The number of the writer who restores. */
  readonly fence: number;
}

/**
 * Ends the sessions in the present database and gives its name to the other, in one transaction: whoever connects finds the
 * one or the other. `ALTER DATABASE … RENAME` shuts new sessions out until then (manual: ALTER DATABASE), and fails
 * where one is left.
 *
 * @throws PoststackError `POSTGRES_LOCKED`: somebody is always faster; `NOT_PERMITTED`, `FENCED`
 */
export async function takePlace(
  { endpoint, sibling, before, fence }: Places,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const { admin, database } = endpoint;
  const session = await ports.server.maintenance(signal);
  try {
    // To end our own sessions the lock was given back for a moment: whoever took it has raised the fence.
    const inside = await ports.server.login(admin, database, signal);
    try {
      await inside.query(checkFence(fence), [], signal);
    } finally {
      await inside.close();
    }
    for (let attempt = 1; ; attempt++) {
      try {
        await transact(
          session,
          [
            `select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where datname in (${quoteLiteral(database)}, ${quoteLiteral(sibling)})`,
            `alter database ${quoteIdentifier(database)} rename to ${quoteIdentifier(before)}`,
            `alter database ${quoteIdentifier(sibling)} rename to ${quoteIdentifier(database)}`,
          ],
          ports,
          signal,
        );
        return;
      } catch (error) {
        // 55006 object_in_use
        if (sqlFailure(error)?.sqlState !== "55006") throw error;
        if (attempt >= tries) throw inUse(database, error);
        await ports.clock.sleep(pauseMs, signal);
      }
    }
  } finally {
    await session.close();
  }
}

const inUse = (database: string, error: unknown): PoststackError =>
  new PoststackError(
    "POSTGRES_LOCKED",
    {
      what: `there are always sessions in ${database}, so it cannot be replaced`,
      next: "stop what uses it (poststack env stop) and run the command again",
    },
    { cause: sqlFailure(error) },
  );
