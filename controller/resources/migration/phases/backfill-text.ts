import type { Node, RangeVar } from "@pgsql/types";
import { PoststackError } from "../../../core/errors.ts";
import { fileStart, type Place } from "../../../core/place.ts";
import type { SqlParser, SqlStatement } from "../../../core/ports/sql-parser.ts";
import { placeAt, type Source } from "../source.ts";
import { headersOf } from "../text.ts";

/** One statement that is run for one range of keys after another. */
export interface Backfill {
  readonly statement: SqlStatement;
  /** Keys in a batch. */
  readonly size: number;
  /** Keys in a second, at most; undefined: as fast as it goes. */
  readonly rate?: number;
  /** Of the table whose keys make the ranges; the names as the server knows them. */
  readonly table: readonly [string] | readonly [string, string];
  /** Undefined: the column of its primary key. */
  readonly column?: string;
}

const usualSize = 1_000;

/**
 * What a backfill's text asks for: one statement, in which `$1` and `$2` are the first and the last key of a batch, and the
 * header above it.
 *
 * @throws PoststackError `MIGRATION_HEADER`, with the place and what is expected
 */
export async function backfillIn(source: Source, parser: SqlParser): Promise<Backfill> {
  const { batch = {} } = headersOf(Buffer.from(source.text));
  const [statement, second] = (await parser.parse(source.text))?.statements ?? [];
  if (statement === undefined) throw wrong(source, fileStart(source.file), "holds no statement that can be read");
  if (second !== undefined) throw wrong(source, placeAt(source, second.start), "holds more than one statement");
  const where = placeAt(source, statement.start);
  const changed = changedBy(statement.tree);
  if (changed === undefined) throw wrong(source, where, "does not insert, update, delete or merge");
  for (const parameter of ["$1", "$2"]) {
    if (!hasParameter(statement.tree, Number(parameter.slice(1))))
      throw wrong(source, where, `does not use ${parameter}`);
  }
  const [column, table, schema] = (batch.key ?? []).toReversed();
  const own = changed.isWalked ? namesOf(changed.relation) : undefined;
  const walked = table === undefined ? own : schema === undefined ? ([table] as const) : ([schema, table] as const);
  if (walked === undefined) {
    throw new PoststackError("MIGRATION_HEADER", {
      what: `it is not said of which table ${source.file} takes the keys, one batch after another`,
      where,
      next: "name table and column at the top of the file: `-- poststack: key users.id`",
    });
  }
  return {
    statement,
    size: batch.size ?? usualSize,
    ...(batch.rate === undefined ? {} : { rate: batch.rate }),
    table: walked,
    ...(column === undefined ? {} : { column }),
  };
}

interface Changed {
  readonly relation: RangeVar | undefined;
  /** Its own rows are what it goes through; rows that are inserted are made of another table's. */
  readonly isWalked: boolean;
}

function changedBy(tree: Node | undefined): Changed | undefined {
  if (tree === undefined) return undefined;
  if ("UpdateStmt" in tree) return { relation: tree.UpdateStmt.relation, isWalked: true };
  if ("DeleteStmt" in tree) return { relation: tree.DeleteStmt.relation, isWalked: true };
  if ("InsertStmt" in tree) return { relation: tree.InsertStmt.relation, isWalked: false };
  if ("MergeStmt" in tree) return { relation: tree.MergeStmt.relation, isWalked: false };
  return undefined;
}

const namesOf = (relation: RangeVar | undefined): Backfill["table"] | undefined => {
  if (relation?.relname === undefined) return undefined;
  return relation.schemaname === undefined ? [relation.relname] : [relation.schemaname, relation.relname];
};

/** Anywhere in the tree: src/include/nodes/parsenodes.h, ParamRef. */
function hasParameter(value: unknown, number: number): boolean {
  if (Array.isArray(value)) return value.some((one) => hasParameter(one, number));
  if (typeof value !== "object" || value === null) return false;
  if ("ParamRef" in value) return (value.ParamRef as { readonly number?: number }).number === number;
  return Object.values(value).some((one) => hasParameter(one, number));
}

const wrong = (source: Source, where: Place, what: string): PoststackError =>
  new PoststackError("MIGRATION_HEADER", {
    what: `${source.file} is a backfill and ${what}`,
    where,
    next: "write one statement whose rows lie between two keys: `update users set name = … where id between $1 and $2`",
  });
