import { plainName, type Catalog } from "../core/catalog/model.ts";
import { PoststackError } from "../core/errors.ts";
import { fileStart } from "../core/place.ts";
import type { RecordedMigration, Replay } from "../engine/replay.ts";
import type { Look } from "./look.ts";

/** Bytes of a migration's text, as for running it. */
const limitBytes = 16 * 1024 * 1024;

const ledger = `select "order"::text as "order", version, name, state, sql from poststack.schema_migrations s order by s."order"`;

/** What the ledger says has run, in order. @throws PoststackError `MIGRATION_INTERRUPTED`, `MIGRATION_MISSING` */
export async function recordedMigrations({ desired, ask, ports }: Look): Promise<readonly RecordedMigration[]> {
  const files = new Map((desired.resources.migration[0]?.files ?? []).map((file) => [file.order, file.file]));
  return (await ask(ledger, [])).map((row) => {
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
  { desired }: Look,
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
