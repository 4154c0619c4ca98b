import type { Ports } from "../../../core/ports.ts";
import { databaseLike } from "../../../core/shadow/shadow.ts";
import { quoteIdentifier, quoteLiteral } from "../../../core/sql.ts";
import { block, runAlone, transact } from "../../../core/transaction.ts";
import type { DesiredBackup } from "../model.ts";
import { siblingName, untilMarked } from "../names.ts";
import { hold } from "./held.ts";

/** Milliseconds to drop one, also after an abort. */
const dropLimitMs = 300_000;

/**
 * An empty database beside the environment's, of the same owner, encoding and locale, marked as ours. What `run` does not
 * give another name is dropped afterwards.
 *
 * @throws PoststackError `NOT_PERMITTED`, and what `run` throws
 */
export async function withSibling(
  desired: DesiredBackup,
  ports: Ports,
  signal: AbortSignal,
  run: (sibling: string) => Promise<void>,
): Promise<void> {
  const { endpoint } = desired;
  const name = siblingName(endpoint.database, ports.clock.random());
  const holder = await ports.server.maintenance(signal);
  try {
    await holder.query(hold(name), [], signal);
    await make(name, desired, ports, signal);
    await run(name);
  } finally {
    // Also when it was made though the answer was lost.
    await dropAfterwards(name, endpoint, ports);
    await holder.close();
  }
}

async function make(name: string, { endpoint, mark }: DesiredBackup, ports: Ports, signal: AbortSignal): Promise<void> {
  const session = await ports.server.maintenance(signal);
  try {
    const statement = `${await databaseLike(name, endpoint, session, signal)} ${untilMarked}`;
    await runAlone(session, statement, ports, signal);
    await transact(session, [markAs(name, mark)], ports, signal);
  } finally {
    await session.close();
  }
}

/** A session of its own: the pass's may be gone with what failed. What cannot be dropped now, the next look finds. */
async function dropAfterwards(name: string, endpoint: DesiredBackup["endpoint"], ports: Ports): Promise<void> {
  const signal = AbortSignal.timeout(dropLimitMs);
  try {
    const session = await ports.postgres.connect(endpoint, endpoint.admin, endpoint.maintenanceDatabase, signal);
    try {
      await session.query(`drop database if exists ${quoteIdentifier(name)} with (force)`, [], signal);
    } finally {
      await session.close();
    }
  } catch (error) {
    ports.log.debug({ error: String(error), database: name }, "a database was left");
  }
}

/** Its own oid belongs to the mark, so that a copy of it is none (docs/decisions/0004-ownership-marks.md). */
const markAs = (name: string, mark: string): string =>
  block(`declare target oid := (select oid from pg_catalog.pg_database where datname = ${quoteLiteral(name)});
  begin
    execute format('comment on database %I is %L', ${quoteLiteral(name)}, concat(${quoteLiteral(mark)}, ' ', target));
  end`);
