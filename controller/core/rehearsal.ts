import type { ErrorFacts } from "./errors.ts";
import type { ResourceId } from "./id.ts";

/** What running pending migrations on a copy of the schema has shown. Plain data: it prints and travels as JSON. */
export interface Rehearsal {
  /** Where: a database beside the environment's, or a server of its own. */
  readonly on: "server" | "temporary-server";
  /** Why not beside the environment's database. */
  readonly because?: string;
  /** Of the container that a temporary server was; absent: it was made from programs. */
  readonly image?: string;
  /** What they ran on: a copy of the live schema, or an empty database, where there is none to be copied. */
  readonly from: "schema" | "nothing";
  /** Of a sample that was copied, all tables together; absent: none. */
  readonly rows?: number;
  /** What of the schema could not be copied. */
  readonly uncovered: readonly string[];
  /** In order, as far as they ran. */
  readonly migrations: readonly RehearsedMigration[];
}

/**
 * exact: what was before is there again. inexact: something differs. empty: the file has no statement. missing: there is
 * no file. fails: the server refuses it.
 */
type RollbackVerdict = "exact" | "inexact" | "empty" | "missing" | "fails";

/** What ran without an error. */
export interface RehearsedMigration {
  readonly id: ResourceId;
  /** Absent: forward, back and forward again. back: only its rollback ran. repeat: a repeatable file, which ran twice. */
  readonly way?: "back" | "repeat";
  /** Absent where it cannot be told: the migration goes on where an earlier try stopped. */
  readonly rollback?: RollbackVerdict;
  /** What is otherwise after the rollback than before the migration, each in words. */
  readonly differences: readonly string[];
  /** Tables and columns that the rollback drops, with whatever they hold by then. */
  readonly loses: readonly string[];
  /** Why the rollback fails. */
  readonly error?: ErrorFacts;
  /** After its rollback it cannot be applied again, or makes something else; a repeatable file cannot run again. */
  readonly again?: ErrorFacts | { readonly differences: readonly string[] };
}
