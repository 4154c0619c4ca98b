import { PoststackError } from "../../../core/errors.ts";
import { ledgerVersion } from "../../../core/ledger.ts";
import { isMarked } from "../../../core/mark.ts";
import type { OpenCopy } from "../../../core/ports/cluster-copies.ts";
import { quoteIdentifier, quoteLiteral } from "../../../core/sql.ts";
import type { DesiredBackup, Restored } from "../model.ts";
import { renderRestored, restoredKey } from "../observe.ts";
import type { Filled } from "../restore/fill.ts";

/** What a copy of a cluster turned out to hold. */
export interface Held extends Filled {
  readonly systemIdentifier: string;
}

/**
 * Names are looked up in the system alone, what is changed fires nothing that somebody has put into the database, and no log
 * gets to know a password's verifier, whatever the database sets for its sessions. Nor does any of it run out of time: what
 * limits a server's users has nothing to do with this.
 */
const safely = [
  "set statement_timeout = 0",
  "set log_statement = none",
  "set log_min_duration_statement = -1",
  "set log_min_error_statement = panic",
  "set search_path = pg_catalog, pg_temp",
  // Since PostgreSQL 17.
  "select set_config(name, '0', false) from pg_settings where name = 'transaction_timeout'",
  "set session_replication_role = replica",
  "set default_transaction_read_only = off",
];

/**
 * Lets the copy recover and looks at what a restore of a dump looks at, too: whose database it is, the ledger, the catalog.
 *
 * @param changes statements that are run before
 * @throws PoststackError `BACKUP_BROKEN`, `BACKUP_UNFIT`, `DISK_FULL`
 */
export async function lookInside(
  copy: OpenCopy,
  { endpoint, mark }: DesiredBackup,
  changes: readonly string[] = [],
): Promise<Held> {
  const read = (await copy.ask(endpoint.database, [
    ...safely,
    ...changes,
    // What makes the restored database ours again is in it: a copy of the cluster has its objects under the same oids.
    `select json_build_object(
      'identifier', (select system_identifier::text from pg_control_system()),
      'ours', (select ${isMarked("shobj_description(d.oid, 'pg_database')", mark, "d.oid")} from pg_database d where d.datname = current_database()),
      'ledger', (select value from poststack.system_info where key = 'ledger_version'),
      'head', (select version from poststack.schema_migrations where state = 'applied' order by "order" desc limit 1),
      'tables', (select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'poststack'))
     )::text as answer`,
  ])) as Readonly<Record<string, unknown>>;
  if (read["ours"] !== true) throw unfit(`its database ${endpoint.database} is not this environment's`);
  const version = Number(read["ledger"]);
  if (!(version >= 1 && version <= ledgerVersion)) {
    throw unfit(`its ledger has version ${String(read["ledger"])}; this Poststack knows ${ledgerVersion}`);
  }
  return {
    systemIdentifier: String(read["identifier"]),
    head: typeof read["head"] === "string" ? read["head"] : undefined,
    tables: Number(read["tables"]),
  };
}

/**
 * What the cluster has to know from the first moment that it is the environment's: the superuser's password that the state
 * has now, which may be newer than the copy; the number of the writer, so that one who slept stays out (RELIABILITY 30); and
 * where it comes from.
 */
export const asOurs = (
  { endpoint: { admin } }: DesiredBackup,
  { verifier, fence, restored }: { readonly verifier: string; readonly fence: number; readonly restored: Restored },
): readonly string[] => [
  `alter role ${quoteIdentifier(admin.user)} login superuser password ${quoteLiteral(verifier)} valid until 'infinity'`,
  `update poststack.system_info set value = greatest(value::bigint, ${fence})::text where key = 'fence'`,
  `insert into poststack.system_info values ('${restoredKey}', ${quoteLiteral(renderRestored(restored))})
   on conflict (key) do update set value = excluded.value`,
];

const unfit = (why: string): PoststackError =>
  new PoststackError("BACKUP_UNFIT", { what: `the copy does not fit: ${why}`, next: "use another backup" });
