import { plainName, type Catalog } from "../../core/catalog/model.ts";
import { PoststackError } from "../../core/errors.ts";
import { fileStart } from "../../core/place.ts";
import type { Row, Session } from "../../core/ports/postgres.ts";
import { sqlFailure } from "../../core/sql.ts";
import { repeatableId } from "../../resources/migration/repeatable/diff.ts";
import { repeatableHeaders } from "../../resources/migration/repeatable/header.ts";
import type { Names } from "../../resources/migration/repeatable/model.ts";
import { namesIn } from "../../resources/migration/repeatable/names.ts";
import { inOrder } from "../../resources/migration/repeatable/order.ts";
import type { Seen } from "../look.ts";
import type { RecordedMigration, Replay } from "../replay.ts";

/** Bytes of a migration's text, as for running it. */
const limitBytes = 16 * 1024 * 1024;

/** As they ran: what was allowed to run out of order came in a later run, which has a higher number. */
const ledger = `select "order"::text as "order", version, name, state, sql from poststack.schema_migrations s order by s.fence, s."order"`;

/**
 * What the ledger says has run, in order: the versions, and then the repeatable files as each of them ran last.
 *
 * @throws PoststackError `MIGRATION_INTERRUPTED`, `MIGRATION_MISSING`
 */
export async function recordedMigrations(
  seen: Seen,
  session: Session,
  signal: AbortSignal,
): Promise<readonly RecordedMigration[]> {
  const ask = (query: string): Promise<readonly Row[]> => session.query(query, [], signal).catch(unlessWithoutLedger);
  return [...versionsIn(await ask(ledger), seen), ...(await repeatablesIn(await ask(repeatables), seen))];
}

/** 42P01 undefined_table, 3F000 invalid_schema_name: the ledger is not made yet, or an older version made it. */
function unlessWithoutLedger(error: unknown): readonly Row[] {
  if (["42P01", "3F000"].includes(sqlFailure(error)?.sqlState ?? "")) return [];
  throw error;
}

const repeatables = "select name, sql from poststack.repeatable_migrations";

/** In the order of what they use, which is not the one in which they ran last. A number above every version stands for each. */
async function repeatablesIn(found: readonly Row[], { ports }: Seen): Promise<readonly RecordedMigration[]> {
  const rows = found.map((row) => ({ name: String(row["name"]), text: String(row["sql"]) }));
  const names = new Map<string, Names>();
  for (const { name, text } of rows) names.set(name, await namesIn(text, ports.parser));
  const texts = new Map(rows.map(({ name, text }) => [name, text]));
  const files = rows.map(({ name, text }) => {
    const file = `repeatable/${name}.sql`;
    return { id: repeatableId(name), name, file, checksum: "", after: repeatableHeaders(text, file).after };
  });
  return inOrder(files, names).sorted.map(({ name, file }, index) => ({
    order: `${10n ** 30n + BigInt(index)}`,
    version: "repeatable",
    name: `repeatable/${name}`,
    file,
    text: texts.get(name) ?? "",
  }));
}

function versionsIn(rows: readonly Row[], { desired, ports }: Seen): readonly RecordedMigration[] {
  const files = new Map((desired.resources.migration[0]?.files ?? []).map((file) => [file.order, file.file]));
  return rows.map((row) => {
    const [order, version, name, state] = ["order", "version", "name", "state"].map((column) => String(row[column]));
    const migration = { order: order ?? "", version: version ?? "", name: name ?? "" };
    const file = files.get(migration.order);
    if (state !== "applied") {
      throw new PoststackError("MIGRATION_INTERRUPTED", {
        what: `${migration.name} began and did not finish, so there is no schema to compare with`,
        where: fileStart(file ?? migration.name),
        next: "finish it with `poststack apply`",
      });
    }
    const text = typeof row["sql"] === "string" ? row["sql"] : undefined;
    if (text === undefined && file === undefined) {
      throw new PoststackError("MIGRATION_MISSING", {
        what: `neither the ledger nor the folder has the text of ${migration.name}`,
        next: "take the commit that has it",
      });
    }
    const named = file ?? `${migration.name}.sql`;
    return { ...migration, file: named, text: text ?? ports.files.read(named, { limitBytes }) };
  });
}

/** What the files declare and what we installed, where it is by now. */
export function extensionsOf(
  { desired }: Seen,
  { objects }: Catalog,
  installed: ReadonlySet<string>,
): Replay["extensions"] {
  const declared = desired.resources.extension.map(({ name, schema }) => ({ name, schema }));
  const others = objects.filter(({ kind, name }) => kind === "extension" && installed.has(plainName(name)));
  const schemaOf = (name: string): string | undefined => {
    const schema = objects.find((one) => one.kind === "extension" && plainName(one.name) === name)?.facts["schema"];
    return typeof schema === "string" ? plainName(schema) : undefined;
  };
  const names = [...new Set([...declared.map(({ name }) => name), ...others.map(({ name }) => plainName(name))])];
  return names.map((name) => ({
    name,
    schema: schemaOf(name) ?? declared.find((one) => one.name === name)?.schema,
  }));
}
