import { watchBlockers } from "../../core/blockers.ts";
import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import { done, type Result } from "../../core/resource.ts";
import { sqlFailure } from "../../core/sql.ts";
import { readInvalidIndexes, remedyFor, type InvalidIndex } from "./catalog-faults.ts";
import { dropInvalid, invalidIndexes } from "./indexes.ts";
import { freshSession } from "./session.ts";

/**
 * Makes an index valid while its table is read and written; what was left of an earlier such attempt is dropped. It waits for
 * every older transaction, as long as that takes, and tells for whom.
 *
 * @throws PoststackError `MIGRATION_FAILED`, `FENCED`
 */
export async function rebuildIndex(index: InvalidIndex, ports: Ports, signal: AbortSignal): Promise<Result> {
  const statement = remedyFor(index);
  const session = await freshSession(ports, signal);
  await session.query(`select poststack.check_fence(${ports.server.fence()})`, [], signal);
  const isThere = (await readInvalidIndexes(session, signal)).some(({ name }) => name === index.name);
  if (!isThere || statement === undefined) return { note: "valid already" };
  const ofTable = { is: "build-index", table: index.table, ifNotExists: false } as const;
  const before = await invalidIndexes(session, ofTable, signal);
  await session.pipeline(["set lock_timeout = 0"], signal);
  const watch = watchBlockers(session.pid, "admin", ports);
  try {
    await session.query(statement, [], signal);
    return done;
  } catch (error) {
    const failure = sqlFailure(error);
    if (failure === undefined) throw error;
    // The copy that was to take its place.
    await dropInvalid(session, ofTable, before, signal).catch(() => undefined);
    throw new PoststackError(
      "MIGRATION_FAILED",
      {
        what: `index ${index.name} could not be rebuilt: ${failure.message}`,
        next: "take away what stands in its way, and `poststack db repair` again; or drop the index",
        details: [
          `SQLSTATE ${failure.sqlState}`,
          ...(failure.detail === undefined ? [] : [`detail: ${failure.detail}`]),
        ],
      },
      { cause: failure },
    );
  } finally {
    watch.stop();
  }
}
