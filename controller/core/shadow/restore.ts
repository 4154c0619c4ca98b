import type { Catalog, CatalogObject, ObjectKind } from "../catalog/model.ts";
import { schemaStatements } from "../catalog/render.ts";
import type { Server, Session } from "../ports/postgres.ts";
import { catalogPath, quoteIdentifier, sqlFailure } from "../sql.ts";

/** What has an owner of its own, which is whoever makes it. */
const owned: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  "schema",
  "collation",
  "type",
  "domain",
  "sequence",
  "function",
  "procedure",
  "aggregate",
  "operator",
  "table",
  "foreign table",
  "view",
  "materialized view",
  "statistics",
  "server",
  "foreign data wrapper",
  "text search dictionary",
  "text search configuration",
  "publication",
  "event trigger",
]);

/**
 * Makes the schema anew in a shadow, whose extensions are there. As its owner, as most of it was made. Where that may not
 * be (an object of another role, an event trigger), the admin makes all of it and gives each object to whom it belongs.
 *
 * @throws PoststackError of the first statement that neither may run
 */
export async function restoreSchema(
  catalog: Catalog,
  owner: string,
  server: Server,
  signal: AbortSignal,
): Promise<void> {
  const objects = catalog.objects.filter(({ kind }) => kind !== "extension");
  if (objects.every((object) => object.owner === undefined)) {
    const session = await server.owner(signal);
    const failure = await run(session, [statementsFor({ ...catalog, objects })], "reset search_path", signal).catch(
      asAdmin,
    );
    if (failure === undefined) return;
  }
  const given = objects.map((object) => givenTo(quoteIdentifier(owner), object));
  const statements = statementsFor({ ...catalog, objects: given });
  await run(await server.admin(signal), inPieces(statements), catalogPath, signal);
}

/** 42501 insufficient_privilege; 53200 out_of_memory: so many locks has no transaction, and nothing of it remains. */
function asAdmin(error: unknown): unknown {
  if (["42501", "53200"].includes(sqlFailure(error)?.sqlState ?? "")) return error;
  throw error;
}

const givenTo = (owner: string, object: CatalogObject): CatalogObject =>
  object.owner === undefined && owned.has(object.kind) ? { ...object, owner } : object;

/** What extensions needed is there. */
const statementsFor = (catalog: Catalog): readonly string[] =>
  schemaStatements(catalog)
    .flat()
    .map((statement) => statement.replace(/^create schema (?!if not exists )/, "create schema if not exists "));

/** Of one transaction: each object that is made is a few of the locks that a server has by default 6,400 of. */
const pieceLength = 500;

const inPieces = (statements: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(statements.length / pieceLength) }, (_, index) =>
    statements.slice(index * pieceLength, (index + 1) * pieceLength),
  );

/**
 * A string each: a statement costs no round trip. What is set on the way is gone afterwards.
 *
 * @param usualPath sets the path on which this session has names looked up
 */
async function run(
  session: Session,
  pieces: readonly (readonly string[])[],
  usualPath: string,
  signal: AbortSignal,
): Promise<void> {
  const transactions = pieces.map((statements) => ["begin", ...statements, "commit"].join(";\n"));
  try {
    await session.pipeline(transactions, signal);
  } catch (error) {
    // What it says of itself says less than why it has to be cleaned.
    await clean(session, usualPath).catch(() => undefined);
    throw error;
  }
  await clean(session, usualPath);
}

const clean = (session: Session, usualPath: string): Promise<unknown> =>
  session.pipeline(["rollback", `${usualPath}; reset check_function_bodies`], AbortSignal.timeout(cleaningMs));

/** Milliseconds for the server to answer, after an abort, too. */
const cleaningMs = 5_000;
