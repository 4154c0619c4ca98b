import type { Session } from "../../core/ports/postgres.ts";
import { quoteLiteral, sqlFailure } from "../../core/sql.ts";

const columns = `"order", version, name, checksum, state, statements_done, statement_begun, sql, rollback_sql, fence`;

/**
 * Rows of the ledger whose migration began outside of a transaction and is not whole, each as the statement that puts it
 * into another ledger; by the version's order.
 */
export async function begunIn(session: Session | undefined, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  try {
    const rows =
      (await session?.query(
        `select "order"::text as "order", to_jsonb(m)::text as row from poststack.schema_migrations m where state <> 'applied'`,
        [],
        signal,
      )) ?? [];
    return new Map(
      rows.map(({ order, row }) => [
        String(order),
        `insert into poststack.schema_migrations (${columns}) select ${columns} from jsonb_populate_record(null::poststack.schema_migrations, ${quoteLiteral(String(row))}::jsonb)`,
      ]),
    );
  } catch (error) {
    // 42P01 undefined_table, 3F000 invalid_schema_name: there is no ledger yet.
    if (!["42P01", "3F000"].includes(sqlFailure(error)?.sqlState ?? "")) throw error;
    return new Map();
  }
}
