import { PoststackError } from "../../../core/errors.ts";
import { ledgerSteps, ledgerVersion } from "../../../core/ledger.ts";
import type { Session } from "../../../core/ports/postgres.ts";
import { quoteIdentifier, quoteLiteral } from "../../../core/sql.ts";
import type { Restored } from "../model.ts";
import { renderRestored, restoredKey } from "../observe.ts";

/** Where the archive's own ledger is put aside. */
const aside = "poststack_restored";

/**
 * What does not come along: `privileges` names objects by oids that are gone, so what was granted counts as found;
 * `system_info` is about the database that it is in.
 */
const left = "'privileges', 'system_info'";

export interface Ledgers {
  /** Both in the restored database. */
  readonly owner: Session;
  readonly admin: Session;
  readonly ownerName: string;
  /** What marks databases of the environment as ours. */
  readonly mark: string;
  /** The number of the writer who restores: it goes on in the database that takes the place. */
  readonly fence: number;
  readonly restored: Restored;
}

/**
 * The ledger is the admin's, and an archive is anybody's: so it is made anew, in the shape that the archive's has, and gets
 * that one's rows as data. They are read as the owner, to whom all of the archive belongs: whatever a table or a function
 * in it really is, reading it gives nobody more power. A later apply brings the shape further, as with every ledger.
 *
 * @throws PoststackError `BACKUP_UNFIT`, and of statements as they are
 */
export async function carryLedger(ledgers: Ledgers, signal: AbortSignal): Promise<void> {
  const { owner, admin, ownerName, mark, fence, restored } = ledgers;
  const { version, isForeign } = await putAside(owner, signal);
  const steps = ledgerSteps(ownerName).slice(0, version);
  await admin.pipeline(["begin", ...steps, "commit"], signal);
  if (version !== undefined) {
    for (const row of await admin.query(tablesSql, [], signal)) {
      const identity = row["identity"];
      await carryRows(String(row["name"]), typeof identity === "string" ? identity : undefined, ledgers, signal);
    }
    await admin.query(beforeEveryRun, [], signal);
    await owner.query(`drop schema ${aside} cascade`, [], signal);
  }
  const statements = [
    `update poststack.system_info set value = case key when 'ledger_version' then '${steps.length}' else '${fence}' end`,
    ...(isForeign ? [markForeign] : []),
    `insert into poststack.system_info values ('${restoredKey}', ${quoteLiteral(renderRestored(restored))})`,
    // The mark once more, where only the admin writes: see resources/database/mark.ts.
    `insert into poststack.system_info select 'database', concat(${quoteLiteral(mark)}, ' ', oid) from pg_catalog.pg_database where datname = current_database()`,
  ];
  await admin.query(statements.join(";\n"), [], signal);
}

const tablesSql = `
select c.relname as name, a.attname as identity from pg_catalog.pg_class c
left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attidentity <> ''
where c.relnamespace = 'poststack'::regnamespace and c.relkind = 'r' and c.relname not in (${left})
order by c.relname`;

/**
 * The numbers of another environment's writers say nothing of those to come here, and what ran in an order of its own keeps it.
 */
const beforeEveryRun =
  "update poststack.schema_migrations set fence = fence - (select max(fence) from poststack.schema_migrations)";

/** As `db baseline 0` writes it. */
const markForeign = "insert into poststack.system_info values ('baseline', '0')";

interface Aside {
  /** Undefined: the archive has no ledger. */
  readonly version: number | undefined;
  /** `db baseline 0`: what was there before the first migration is taken for somebody else's. */
  readonly isForeign: boolean;
}

async function putAside(owner: Session, signal: AbortSignal): Promise<Aside> {
  const [there] = await owner.query("select pg_catalog.to_regnamespace('poststack') is not null as there", [], signal);
  if (there?.["there"] !== true) return { version: undefined, isForeign: false };
  await owner.query(`alter schema poststack rename to ${aside}`, [], signal);
  const [info] = await owner.query(
    `select max(value) filter (where key = 'ledger_version') as value, coalesce(bool_or(key = 'baseline'), false) as baseline
     from ${aside}.system_info`,
    [],
    signal,
  );
  const version = Number(info?.["value"]);
  if (Number.isInteger(version) && version >= 1 && version <= ledgerVersion) {
    return { version, isForeign: info?.["baseline"] === true };
  }
  throw new PoststackError("BACKUP_UNFIT", {
    what: `the backup's ledger has version ${String(info?.["value"])}; this Poststack knows ${ledgerVersion}`,
    next: "use the newer Poststack",
  });
}

async function carryRows(
  table: string,
  identity: string | undefined,
  { owner, admin }: Ledgers,
  signal: AbortSignal,
): Promise<void> {
  const [from, to] = [aside, "poststack"].map((schema) => `${schema}.${quoteIdentifier(table)}`);
  const [row] = await owner.query(`select coalesce(json_agg(t), '[]')::text as rows from ${from} t`, [], signal);
  const overriding = identity === undefined ? "" : "overriding system value ";
  const rows = row?.["rows"];
  if (typeof rows !== "string") return;
  await admin.query(
    `insert into ${to} ${overriding}select * from json_populate_recordset(null::${to}, $1::json)`,
    [rows],
    signal,
  );
  if (identity === undefined) return;
  const column = quoteIdentifier(identity);
  await admin.query(
    `select pg_catalog.setval(pg_catalog.pg_get_serial_sequence(${quoteLiteral(to ?? "")}, ${quoteLiteral(identity)}), (select coalesce(max(${column}), 0) + 1 from ${to}), false)`,
    [],
    signal,
  );
}
