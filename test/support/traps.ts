import { postgres } from "../../controller/adapters/postgres.ts";
import { quoteIdentifier } from "../../controller/core/sql.ts";
import type { TestDatabase } from "./postgres.ts";

/** Name and parameters, result, and what it gives when it has done its work. */
const traps: readonly [string, string, string][] = [
  ["concat(text, text)", "text", "'x'"],
  ["strpos(text, text)", "integer", "1"],
  ["substr(text, integer)", "text", "$1"],
  ["split_part(text, text, integer)", "text", "$1"],
  ["chr(integer)", "text", "'x'"],
  ["format(text, text)", "text", "$1"],
  ["set_config(text, text, boolean)", "text", "$2"],
  ["texteq(text, text)", "boolean", "true"],
  ["nameeq(name, name)", "boolean", "true"],
  ["nameeqtext(name, text)", "boolean", "true"],
  ["lower(text)", "text", "$1"],
  ["to_regclass(text)", "regclass", "null"],
  ["format_type(oid, integer)", "text", "'x'"],
  ["pg_try_advisory_lock(integer, integer)", "boolean", "true"],
  ["pg_blocking_pids(integer)", "integer[]", "'{}'"],
];

/** Called as the system's are, of better fitting types or found first: whoever runs one as a superuser makes the owner one. */
export async function layTraps(database: TestDatabase): Promise<void> {
  const { owner, name } = database;
  const query = (sql: string): Promise<unknown> => database.query(sql);
  const mine = quoteIdentifier(owner);
  const work = `begin alter role ${mine} superuser; exception when insufficient_privilege then null; end`;
  await query(`create schema evil; alter schema evil owner to ${mine}`);
  for (const schema of ["evil", "public"]) {
    for (const [head, result, value] of traps) {
      await query(
        `create function ${schema}.${head} returns ${result} language plpgsql as $trap$ begin ${work}; return ${value}; end $trap$`,
      );
    }
  }
  for (const [left, right] of [
    ["text", "text"],
    ["name", "name"],
    ["name", "text"],
  ] as const) {
    const eq = left === right ? `${left}eq` : `${left}eq${right}`;
    await query(`create operator evil.= (leftarg = ${left}, rightarg = ${right}, function = evil.${eq})`);
  }
  const path = "search_path = evil, public, pg_catalog";
  await query(`alter database ${quoteIdentifier(name)} set ${path}`);
  await query(`set ${path}`);
}

export const isSuperuser = async ({ owner, endpoint, signal }: TestDatabase): Promise<unknown> => {
  const session = await postgres("poststack-test").connect(endpoint, endpoint.admin, "postgres", signal);
  try {
    const [row] = await session.query("select rolsuper from pg_roles where rolname = $1", [owner], signal);
    return row?.["rolsuper"];
  } finally {
    await session.close();
  }
};
