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

/**
 * GUC_LIST_QUOTE: kept with quotes around each element where it needs them, so that each is quoted for itself; quoting them
 * once more would make one word of all, and as they are an owner could write a statement there (pg_dump: SplitGUCList).
 */
const quotedLists = [
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "shared_preload_libraries",
  "temp_tablespaces",
  "unix_socket_directories",
]
  .map(quoteLiteral)
  .join(", ");

const settingsOf = (from: string, to: string): string =>
  block(`declare
    old record; setting record; granted record; words text; target text := ${quoteLiteral(to)};
  begin
    select * into strict old from pg_catalog.pg_database where datname = ${quoteLiteral(from)};
    -- What the archive's own statements have set: they run as the owner, who may.
    execute format('alter database %I reset all', target);
    execute format('alter database %I connection limit %s', target, old.datconnlimit);
    for setting in
      select split_part(c, '=', 1) as name, substr(c, strpos(c, '=') + 1) as value,
        case when s.setrole = 0 then format('database %I', target)
          else format('role %s in database %I', s.setrole::regrole, target) end as whose
      from pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c where s.setdatabase = old.oid
    loop
      if lower(setting.name) in (${quotedLists}) then
        select coalesce(string_agg(quote_literal(coalesce(replace(part[1], '""', '"'), part[2])), ', '), quote_literal(''))
          into words from regexp_matches(setting.value, '"((?:[^"]|"")*)"|([^\\s,"][^\\s,]*)', 'g') part;
      else
        words := quote_literal(setting.value);
      end if;
      execute format('alter %s set %I to %s', setting.whose, setting.name, words);
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

/** Who takes whose place. */
export interface Places {
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
