import { PoststackError } from "./errors.ts";
import type { SqlFailure } from "./ports/postgres.ts";

/** `"name"` with quotes doubled: safe for every name (manual: 4.1.1, Identifiers and Key Words). */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A string constant that means the same with standard_conforming_strings on and off (manual: 4.1.2.2). */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
  return text.includes("\\") ? ` E${quoted}` : quoted;
}

const toCatalogPath = (lasts: "session" | "transaction"): string =>
  `select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', ${lasts === "transaction"})`;

/**
 * SQL: names and operators of this session are those of the system. The owner of a database decides what its search path is
 * and what lies on it: `public.concat(text, text)` fits better than the system's, and would run with the power of whoever
 * asks (manual: 10.3 Functions, 5.9.6 Usage Patterns). Set behind the login, not by it: so DEFAULT is the database's own path
 * still, for what is to be made there.
 */
export const catalogPath = toCatalogPath("session");

/** SQL: the same until the transaction ends, whoever's session it is. */
export const onCatalogPath = toCatalogPath("transaction");

/** A question without parameters, asked {@link onCatalogPath}: sent as one string it is one transaction. */
export const askedOnCatalogPath = (question: string): string => `${onCatalogPath};\n${question}`;

/** SQL: an array of texts, for a question that may have no parameters. */
export const quoteTexts = (texts: readonly string[]): string => `array[${texts.map(quoteLiteral).join(", ")}]::text[]`;

/** What the server said, where an error came from a statement or a login. */
export function sqlFailure(error: unknown): SqlFailure | undefined {
  const cause = error instanceof PoststackError ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "sqlState" in cause ? (cause as SqlFailure) : undefined;
}

/** For `.catch()`: swallows the SQLSTATEs that mean "already so", and nothing else. */
export function unlessSqlState(...states: readonly string[]): (error: unknown) => void {
  return (error) => {
    const state = sqlFailure(error)?.sqlState;
    if (state === undefined || !states.includes(state)) throw error;
  };
}
