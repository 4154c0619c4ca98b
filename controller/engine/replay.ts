import { readCatalog } from "../core/catalog/read.ts";
import type { Catalog } from "../core/catalog/model.ts";
import { fromFacts, type ErrorFacts } from "../core/errors.ts";
import { resourceId } from "../core/id.ts";
import { ledgerSteps } from "../core/ledger.ts";
import { fileStart } from "../core/place.ts";
import type { Files } from "../core/ports/files.ts";
import type { Endpoint, Session } from "../core/ports/postgres.ts";
import { mayReachBeyond, withinDatabase } from "../core/shadow/cluster-wide.ts";
import { withShadow } from "../core/shadow/shadow.ts";
import { quoteIdentifier } from "../core/sql.ts";
import type { MigrationAction, MigrationFile } from "../resources/migration/model.ts";
import { checksumOf, headersOf } from "../resources/migration/text.ts";
import { applyPlan } from "./apply.ts";
import type { EnginePorts } from "./converge.ts";
import { passPorts } from "./look.ts";
import { passServer } from "./server.ts";

/** A migration as the ledger recorded it: what ran, whatever its file says by now. */
export interface RecordedMigration {
  readonly version: string;
  readonly order: string;
  readonly name: string;
  /** Relative to the project, for messages; where the file is gone its name. */
  readonly file: string;
  readonly text: string;
}

export interface Replay {
  readonly migrations: readonly RecordedMigration[];
  /** Made before the first migration, as in the environment: by name with the schema, both as they are. */
  readonly extensions: readonly { readonly name: string; readonly schema: string | undefined }[];
}

/**
 * What the migrations make of an empty database: they run from nothing in a shadow, in the same way as they ran in the
 * environment, and its catalog is read.
 *
 * @param endpoint of the environment, whose server makes the shadow
 * @throws PoststackError of the first migration that fails, and as {@link withShadow}
 */
export function replay(
  { migrations, extensions }: Replay,
  endpoint: Endpoint,
  ports: EnginePorts,
  signal: AbortSignal,
): Promise<Catalog> {
  return withShadow(endpoint, ports, signal, async (shadow) => {
    const server = passServer(shadow, ports.postgres);
    try {
      const session = await server.admin(signal);
      await prepare(session, shadow, extensions, signal);
      const texts = await textsFor(migrations, endpoint, shadow, ports);
      const world = { ...passPorts(ports, server), files: recordedFiles(ports.files, texts) };
      const actions = actionsFor(migrations, texts);
      const plan = { project: "", environment: "", actions, deferred: [], fingerprint: "" };
      const stop = new AbortController().signal;
      const results = await applyPlan(plan, world, { signal, stop, emit: () => undefined });
      const failed = results.find((result) => result.status === "failed");
      if (failed?.status === "failed") throw fromFacts(inShadow(failed.error));
      return await readCatalog(session, signal);
    } finally {
      await server.close();
    }
  });
}

/** The ledger that migrations write to, and extensions, which come before them. */
async function prepare(
  session: Session,
  { owner }: Endpoint,
  extensions: Replay["extensions"],
  signal: AbortSignal,
): Promise<void> {
  const statements = extensions.flatMap(({ name, schema }) => {
    const create = `create extension if not exists ${quoteIdentifier(name)}`;
    if (schema === undefined) return [`${create} cascade`];
    const quoted = quoteIdentifier(schema);
    return [
      `create schema if not exists ${quoted} authorization ${quoteIdentifier(owner.user)}`,
      `${create} schema ${quoted} cascade`,
    ];
  });
  await session.pipeline([...ledgerSteps(owner.user), ...statements], signal);
}

async function textsFor(
  migrations: readonly RecordedMigration[],
  { database }: Endpoint,
  shadow: Endpoint,
  { parser }: EnginePorts,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const { file, text } of migrations) {
    const parsed = mayReachBeyond(text) ? await parser.parse(text) : undefined;
    texts.set(file, parsed === undefined ? text : withinDatabase(text, parsed, database, shadow.database));
  }
  return texts;
}

/** The project's files, with the recorded texts in the place of the migrations'. */
const recordedFiles = (files: Files, texts: ReadonlyMap<string, string>): Files => ({
  ...files,
  read: (path, options) => texts.get(path) ?? files.read(path, options),
});

/** One after the other. No commit waits for the disk: a crash takes the whole shadow with it. */
function actionsFor(
  migrations: readonly RecordedMigration[],
  texts: ReadonlyMap<string, string>,
): readonly MigrationAction[] {
  return migrations.map(({ version, order, name, file }, index): MigrationAction => {
    const bytes = Buffer.from(texts.get(file) ?? "");
    const id = resourceId("migration", name);
    const previous = migrations[index - 1];
    const migration: MigrationFile = {
      id,
      version,
      order,
      name,
      file,
      checksum: checksumOf(bytes),
      transactional: headersOf(bytes).transactional,
    };
    return {
      kind: "migration",
      verb: "apply",
      id,
      dependsOn: previous === undefined ? [] : [resourceId("migration", previous.name)],
      reason: "recorded in the ledger",
      hazards: [],
      place: fileStart(file),
      migration,
      durable: false,
    };
  });
}

const inShadow = (error: ErrorFacts): ErrorFacts => ({
  ...error,
  details: [...(error.details ?? []), "it ran from nothing in a shadow database; the environment is untouched"],
});
