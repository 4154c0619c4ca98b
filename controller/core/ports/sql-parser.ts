import type { Node } from "@pgsql/types";

/** Reads SQL without a server. Loaded on first use: most passes never need it. */
export interface SqlParser {
  /**
   * The text's statements. Where the grammar (Postgres 18's) does not know them, they are told by their words alone.
   * Undefined when not even the words can be told apart: an open quote or comment, which no server accepts.
   */
  parse(text: string, options?: ParseOptions): Promise<ParsedSql | undefined>;
}

interface ParseOptions {
  /** Also the statements inside of DO blocks and of functions in plpgsql or SQL, as far as they can be told. */
  readonly bodies?: boolean;
}

export interface ParsedSql {
  readonly statements: readonly SqlStatement[];
  /** Where a backslash stands outside of quotes and comments: psql's commands, never SQL. */
  readonly backslash?: number;
  /** What the grammar does not accept, where the statements are told by their words alone. */
  readonly misfit?: { readonly message: string; readonly offset: number };
}

/** One statement. Offsets are in UTF-16 code units from the start of the text that was parsed. */
export interface SqlStatement {
  readonly text: string;
  readonly start: number;
  /** What stands in it, where somebody asked and it is a DO block or a function; places are those of the whole text. */
  readonly body?: readonly SqlStatement[];
  /** As the grammar has it; absent where the statements are told by their words alone. Its places are UTF-8 bytes. */
  readonly tree?: Node;
  readonly kind:
    /** BEGIN or COMMIT under any of their names, without options. */
    | { readonly is: "begin" | "commit" }
    /** SAVEPOINT, ROLLBACK, PREPARE TRANSACTION, COMMIT AND CHAIN, BEGIN ISOLATION LEVEL … */
    | { readonly is: "transaction-control" }
    /** SET TRANSACTION ISOLATION LEVEL: must come before the first query. */
    | { readonly is: "isolation"; readonly level: string }
    /** COPY … FROM STDIN: its data would have to follow in the protocol. */
    | { readonly is: "copy-from-client" }
    /** SET or RESET for the session. */
    | { readonly is: "setting" }
    /** CREATE INDEX CONCURRENTLY; without a name the server chooses one. Names as regclass reads them. */
    | { readonly is: "build-index"; readonly name?: string; readonly table: string; readonly ifNotExists: boolean }
    /** DROP INDEX CONCURRENTLY */
    | { readonly is: "drop-index"; readonly name: string }
    /** Does the same when it runs again: VACUUM, ANALYZE, REINDEX, ALTER SYSTEM, REFRESH MATERIALIZED VIEW. */
    | { readonly is: "repeatable" }
    | { readonly is: "other" };
}
