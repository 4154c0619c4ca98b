import type { Session } from "../../core/ports/postgres.ts";
import { quoteLiteral, sqlFailure } from "../../core/sql.ts";

const columns = `"order", version, name, checksum, state, statements_done, statement_begun, sql, rollback_sql, fence`;

/** A row of the ledger, as the statement that puts it into another one. */
export interface CopiedRow {
  readonly order: string;
  /** Its migration began outside of a transaction and is not whole. */
  readonly isBegun: boolean;
  /** The text by which it is rolled back, where one was recorded. */
  readonly rollback: string | undefined;
  readonly statement: string;
}

/** Rows whose migration is not whole, and those that are to be rolled back. */
export async function rowsToCopy(
  session: Session | undefined,
  orders: readonly string[],
  signal: AbortSignal,
): Promise<readonly CopiedRow[]> {
  try {
    const rows =
      (await session?.query(
        `select "order"::text as "order", state <> 'applied' as begun, rollback_sql, to_jsonb(m)::text as row
         from poststack.schema_migrations m where state <> 'applied' or "order" = any($1::numeric[])`,
        [[...orders]],
        signal,
      )) ?? [];
    return rows.map(({ order, begun, rollback_sql: rollback, row }) => ({
      order: String(order),
      isBegun: begun === true,
      rollback: typeof rollback === "string" ? rollback : undefined,
      statement: `insert into poststack.schema_migrations (${columns}) select ${columns} from jsonb_populate_record(null::poststack.schema_migrations, ${quoteLiteral(String(row))}::jsonb)`,
    }));
  } catch (error) {
    // 42P01 undefined_table, 3F000 invalid_schema_name: there is no ledger yet.
    if (!["42P01", "3F000"].includes(sqlFailure(error)?.sqlState ?? "")) throw error;
    return [];
  }
}
