import type { Row, Session } from "../../../core/ports/postgres.ts";
import { quoteLiteral, sqlFailure } from "../../../core/sql.ts";
import type { MigrationFile } from "../model.ts";
import type { PastPart } from "./model.ts";

const contracts = "poststack.contracts";
const releases = "poststack.releases";

/** A contract is met for the first time: what is older than it, once and for all. */
export function noteContract(
  { order, name }: Pick<MigrationFile, "order" | "name">,
  older: readonly PastPart[],
  fence: number,
): string {
  const values = [order, name, JSON.stringify(older)].map(quoteLiteral).join(", ");
  return `insert into ${contracts} ("order", name, older, fence) values (${values}, ${fence}) on conflict do nothing`;
}

/** By order. */
export async function readOlder(
  session: Session,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly PastPart[]>> {
  const rows = await ifThere(
    session.query(`select "order"::text as "order", older::text as older from ${contracts}`, [], signal),
  );
  return new Map(rows.map((row) => [String(row["order"]), partsIn(row["older"])]));
}

/** What each resource was in any release on record. */
export async function readPast(session: Session, signal: AbortSignal): Promise<readonly PastPart[]> {
  const rows = await ifThere(
    session.query(
      `select distinct part ->> 'resource' as resource, part ->> 'release' as release from ${releases}, jsonb_array_elements(parts) as part order by 1, 2`,
      [],
      signal,
    ),
  );
  return rows.map((row) => ({ resource: String(row["resource"]), release: String(row["release"]) }));
}

/** 42P01 undefined_table: the ledger has not come so far yet, so it has none. */
async function ifThere(rows: Promise<readonly Row[]>): Promise<readonly Row[]> {
  try {
    return await rows;
  } catch (error) {
    if (sqlFailure(error)?.sqlState !== "42P01") throw error;
    return [];
  }
}

/** What was written by hand, or by a version after this one, is not understood and counts for nothing. */
function partsIn(json: unknown): readonly PastPart[] {
  const list: unknown = JSON.parse(typeof json === "string" ? json : "[]");
  return Array.isArray(list) ? list.filter(isPart) : [];
}

const isPart = (value: unknown): value is PastPart =>
  typeof value === "object" &&
  value !== null &&
  "resource" in value &&
  "release" in value &&
  typeof value.resource === "string" &&
  typeof value.release === "string";
