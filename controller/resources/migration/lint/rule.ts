import type { Node } from "@pgsql/types";
import type { History } from "./history.ts";
import type { Level } from "./level.ts";
import type { Lock } from "./lock.ts";
import type { Name } from "./names.ts";
import type { Statement } from "./statement.ts";
import type { Weight } from "./facts.ts";

/** A statement's name in Postgres's tree: `AlterTableStmt`. */
type NodeName = Node extends infer One ? (One extends One ? keyof One : never) : never;

/** One way in which a statement may hurt. A row of `rules.ts`; the page docs/migration-rules.md is made of these. */
export interface Rule {
  /** What policies and `allow` lines call it. */
  readonly name: string;
  /** The statements that it looks at. */
  readonly nodes: readonly NodeName[] | "any";
  readonly level: Level;
  readonly weight: Weight;
  /** What it finds, as the subject of no sentence: for the page and the schema of the configuration. */
  readonly title: string;
  /** The names that other tools have for it. */
  readonly elsewhere: { readonly atlas?: string; readonly squawk?: string; readonly strongMigrations?: string };
  /** Finds itself in the last statement of `sql`, once `setup` has run. The locks of what it finds are measured in a test. */
  readonly example: Example;
  /** All that it finds in one statement. */
  readonly find: (statement: Statement, context: Context) => readonly Match[];
}

interface Example {
  readonly setup: string;
  /** The text of a migration. */
  readonly sql: string;
  /** False: with the header `-- poststack: no-transaction`. */
  readonly transactional?: false;
}

/** What stands around a statement. */
export interface Context {
  /** The file is one transaction. */
  readonly transactional: boolean;
  /** What the statements before it did: of this file and of earlier ones of the chain. */
  readonly history: History;
  /** The file's statements after it. */
  readonly after: () => readonly Statement[];
}

/**
 * Lines. What is written for each partition has {table}, {new index} as CREATE takes its name, {index} as others do, and
 * {index above} of what it is a partition of.
 */
export interface PartitionedRecipe {
  readonly before: readonly string[];
  /** For a partition that is partitioned itself. */
  readonly branch: readonly string[];
  /** For one that holds rows. */
  readonly leaf: readonly string[];
  /** Of the whole. */
  readonly index: Name;
  /** What the names of the partitions' indexes end in. */
  readonly suffix: string;
}

/** One thing that a rule found, before policy and facts decide how grave it is. */
export interface Match {
  /** In the statement's text, in UTF-16 code units. Undefined: its beginning. */
  readonly offset?: number;
  /** The object that others use. Where the chain has just made it, there is nobody whom it could hurt. */
  readonly on?: Name;
  /** What happens, as a sentence without a full stop. */
  readonly what: string;
  readonly locks: readonly Lock[];
  /** How to do it instead: SQL for this very statement, comments where a person must decide. Lines. */
  readonly recipe: readonly string[];
  /** Instead of the recipe where the table turns out to be partitioned. */
  readonly partitioned?: PartitionedRecipe;
  /** A change of a column's type, of which the catalog may say that it costs nothing. */
  readonly newType?: { readonly column: string; readonly type: string };
}
