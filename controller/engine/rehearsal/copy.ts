import { readHolders, type Holders } from "../../core/catalog/holders.ts";
import { catalogReader } from "../../core/catalog/read.ts";
import type { Catalog } from "../../core/catalog/model.ts";
import { within } from "../../core/deadline.ts";
import { fromFacts, type ErrorFacts } from "../../core/errors.ts";
import { fileStart } from "../../core/place.ts";
import type { Clock } from "../../core/ports.ts";
import type { ResourceId } from "../../core/id.ts";
import type { MigrationAction, MigrationFile, RepeatableFile } from "../../resources/migration/model.ts";
import { readForward } from "../../resources/migration/source.ts";
import { checksumOf } from "../../resources/migration/text.ts";
import { applyPlan } from "../apply.ts";
import type { EnginePorts } from "../converge.ts";
import type { Rollback } from "./work.ts";
import { passPorts, type PassServer } from "../server.ts";
import { filesWith } from "../shadow-files.ts";

/** What a copy had in the beginning. */
export interface Made {
  readonly rows: number;
  /** What of the original it has not, beside what the original's catalog names. */
  readonly uncovered: readonly string[];
}

/** A copy of the schema, on which migrations run in the same way as they will run in the environment. */
export interface Copy extends Made {
  /** One after the other; ends at the first that fails. */
  forward(migrations: readonly Runnable[]): Promise<Failure | undefined>;
  /** By its rollback file. */
  back(migration: Runnable): Promise<ErrorFacts | undefined>;
  /** As it is planned. */
  undo(rollback: Rollback): Promise<ErrorFacts | undefined>;
  catalog(): Promise<Catalog>;
  /** Two of them tell what was deleted in between. */
  holders(): Promise<Holders>;
}

export type Runnable = MigrationFile | RepeatableFile;

const isRepeatable = (one: Runnable): one is RepeatableFile => "after" in one;

export interface Failure {
  readonly id: ResourceId;
  readonly error: ErrorFacts;
}

/** Milliseconds for a catalog of any size; a second is enough for hundreds of tables. */
const readLimitMs = 60_000;

/** @throws PoststackError `TIMEOUT`, and what reading throws */
export const readingWithin = <T>(
  read: (signal: AbortSignal) => Promise<T>,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> =>
  within(readLimitMs, { subject: "reading the catalog", next: "see what keeps the server busy" }, clock, signal, read);

/**
 * @param server of the copy
 * @param texts what is read instead of files
 */
export function copyOf(
  server: PassServer,
  made: Made,
  texts: ReadonlyMap<string, string>,
  ports: EnginePorts,
  signal: AbortSignal,
): Copy {
  const world = { ...passPorts(ports, server), files: filesWith(ports.files, texts) };

  /** What names the environment's database names the copy here: another text, with a checksum of its own. */
  const asItRuns = <R extends Runnable>(one: R): R =>
    texts.has(one.file) ? { ...one, checksum: checksumOf(Buffer.from(readForward(one, world.files).text)) } : one;
  let read: ReturnType<typeof catalogReader> | undefined;

  /** @throws PoststackError of what is not about the files: the connection, the disk, an abort */
  const failureIn = async (
    actions: readonly MigrationAction[],
  ): Promise<{ index: number; error: ErrorFacts } | undefined> => {
    const plan = { project: "", environment: "", actions, deferred: [], fingerprint: "" };
    const stop = new AbortController().signal;
    const results = await applyPlan(plan, world, { signal, stop, emit: () => undefined });
    signal.throwIfAborted();
    for (const [index, result] of results.entries()) {
      if (result.status !== "failed") continue;
      const { error } = result;
      if (!error.code.startsWith("MIGRATION_") || error.code === "MIGRATION_LOCKED") throw fromFacts(error);
      return { index, error };
    }
    return undefined;
  };

  return {
    ...made,
    async forward(migrations) {
      const failure = await failureIn(
        migrations.map((one, index) => application(asItRuns(one), migrations[index - 1])),
      );
      const one = failure === undefined ? undefined : migrations[failure.index];
      return failure === undefined || one === undefined ? undefined : { id: one.id, error: failure.error };
    },
    async back(migration) {
      return isRepeatable(migration) ? undefined : (await failureIn([rollback(migration)]))?.error;
    },
    async undo(planned) {
      // What names the database names the copy here, so it is another text than was planned.
      const { rollbackChecksum: _planned, ...asWritten } = planned;
      const isChanged = planned.rollbackFile !== undefined && texts.has(planned.rollbackFile);
      return (await failureIn([{ ...(isChanged ? asWritten : planned), dependsOn: [] }]))?.error;
    },
    async catalog() {
      read ??= catalogReader(await server.admin(signal));
      return readingWithin(read, ports.clock, signal);
    },
    async holders() {
      const admin = await server.admin(signal);
      return readingWithin((limited) => readHolders(admin, limited), ports.clock, signal);
    },
  };
}

function application(one: Runnable, before: Runnable | undefined): MigrationAction {
  const facts = {
    kind: "migration",
    id: one.id,
    dependsOn: before === undefined ? [] : [before.id],
    reason: "rehearsed",
    hazards: [],
    place: fileStart(one.file),
  } as const;
  return isRepeatable(one)
    ? { ...facts, verb: "repeat", repeatable: one }
    : { ...facts, verb: "apply", migration: one, durable: false };
}

const rollback = ({ id, version, order, name, checksum, rollbackFile, reading }: MigrationFile): MigrationAction => ({
  kind: "migration",
  verb: "rollback",
  id,
  dependsOn: [],
  reason: "rehearsed",
  hazards: [],
  ...(rollbackFile === undefined ? {} : { rollbackFile, place: fileStart(rollbackFile) }),
  ...(reading === undefined ? {} : { reading }),
  migration: { version, order, name, checksum, state: "applied", hasRollback: true },
});
