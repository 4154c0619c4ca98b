import { readCatalog } from "../core/catalog/read.ts";
import type { Catalog } from "../core/catalog/model.ts";
import { fromFacts, PoststackError, type ErrorFacts } from "../core/errors.ts";
import { resourceId } from "../core/id.ts";
import { fileStart } from "../core/place.ts";
import type { Endpoint } from "../core/ports/postgres.ts";
import { callsAny } from "../core/shadow/code-reach.ts";
import { asMigrationsMadeIt, lazySetting, prepareShadow, type ShadowExtension } from "../core/shadow/prepare.ts";
import { seal, type Sealed } from "../core/shadow/seal.ts";
import { withShadow } from "../core/shadow/shadow.ts";
import { sqlFailure } from "../core/sql.ts";
import type { MigrationAction, MigrationFile } from "../resources/migration/model.ts";
import { waysOf } from "../resources/migration/phases/names.ts";
import { checksumOf, headersOf } from "../resources/migration/text.ts";
import { applyPlan } from "./apply.ts";
import type { EnginePorts } from "./converge.ts";
import { passPorts, passServer } from "./server.ts";
import { filesWith, firstBeyond, textsInShadow } from "./shadow-files.ts";

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
  /** Made before the first migration, as in the environment. */
  readonly extensions: readonly ShadowExtension[];
}

/**
 * What the migrations make of an empty database: they run from nothing in a shadow, in the same way as they ran in the
 * environment, and its catalog is read.
 *
 * @param endpoint of the environment, whose server makes the shadow
 * @throws PoststackError of the first migration that fails; `SCHEMA_NOT_COPIED`: one of them would reach beyond the shadow, or
 *   the admin may not make it; and as {@link withShadow}
 */
export async function replay(
  { migrations, extensions }: Replay,
  endpoint: Endpoint,
  ports: EnginePorts,
  signal: AbortSignal,
): Promise<Catalog> {
  const recorded = new Map(migrations.map(({ file, text }) => [file, text]));
  const beyond = await firstBeyond(recorded, endpoint.database, "code", ports.parser);
  if (beyond !== undefined) throw reachesBeyond(beyond);
  return withShadow(endpoint, ports, signal, async (shadow) => {
    const server = passServer(shadow, ports.postgres);
    try {
      const session = await server.admin(signal);
      const isLazy = !migrations.some(({ text }) => text.toLowerCase().includes(lazySetting));
      const { open } = await prepareShadow(session, shadow, { extensions, isLazy }, signal)
        .then(() => seal(session, shadow.owner.user, signal))
        .catch(notPermitted);
      refuseCalls(recorded, open);
      const texts = await textsInShadow(recorded, endpoint, shadow, ports.parser);
      const world = { ...passPorts(ports, server), files: filesWith(ports.files, texts) };
      const actions = actionsFor(migrations, texts);
      const plan = { project: "", environment: "", actions, deferred: [], fingerprint: "" };
      const stop = new AbortController().signal;
      const results = await applyPlan(plan, world, { signal, stop, emit: () => undefined });
      const failed = results.find((result) => result.status === "failed");
      if (failed?.status === "failed") throw fromFacts(inShadow(failed.error));
      if (isLazy) await session.query(asMigrationsMadeIt(shadow), [], signal);
      return await readCatalog(session, signal);
    } finally {
      await server.close();
    }
  });
}

/** One after the other. */
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
      ...waysOf(name, headersOf(bytes)),
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

const otherwise = "compare with a file instead: `poststack db dump --check FILE`";

/** 42501 insufficient_privilege: what a provider's superuser made, an admin login that is none cannot make or close. */
function notPermitted(error: unknown): never {
  const failure = sqlFailure(error);
  if (failure?.sqlState !== "42501") throw error;
  throw new PoststackError(
    "SCHEMA_NOT_COPIED",
    {
      what: `the admin login may not make a shadow of the schema: ${failure.message}`,
      next: otherwise,
      details: [`SQLSTATE ${failure.sqlState}`],
    },
    { cause: failure },
  );
}

/**
 * All code in the shadow comes from these texts: where none of them names what is open, nothing calls it.
 *
 * @throws PoststackError `SCHEMA_NOT_COPIED`
 */
function refuseCalls(texts: ReadonlyMap<string, string>, open: Sealed["open"]): void {
  for (const [file, text] of texts) {
    const called = open.find(({ routine }) => callsAny(text, new Set([routine])));
    if (called === undefined) continue;
    throw new PoststackError("SCHEMA_NOT_COPIED", {
      what: `${file} calls ${called.routine} of the ${called.name}, which leads out of a shadow database, and which the admin login may not close there`,
      where: fileStart(file),
      next: otherwise,
    });
  }
}

/** Its roles are those of the environment: it would drop, alter or grant them once more. */
const reachesBeyond = (file: string): PoststackError =>
  new PoststackError("SCHEMA_NOT_COPIED", {
    what: `a DO block of ${file}, or a function that it calls, speaks of roles or of the whole server, which a shadow database shares`,
    where: fileStart(file),
    next: otherwise,
  });

const inShadow = (error: ErrorFacts): ErrorFacts => ({
  ...error,
  details: [...(error.details ?? []), "it ran from nothing in a shadow database; the environment is untouched"],
});
