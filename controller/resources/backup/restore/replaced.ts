import { errorsOf } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import { quoteIdentifier, sqlFailure, unlessSqlState } from "../../../core/sql.ts";
import { runAlone } from "../../../core/transaction.ts";
import { takePlace, type Places } from "./swap.ts";

/**
 * Gives the sibling the place, and drops what had it. The place is what was asked for: once it is taken the restore is done,
 * whatever becomes of the other. Whoever were told that it failed would do it again, over what has been written since.
 *
 * @returns why what had the place is left; undefined: it is gone
 * @throws PoststackError as {@link takePlace}
 */
export async function takePlaceAndDrop(places: Places, ports: Ports, signal: AbortSignal): Promise<unknown> {
  try {
    await takePlace(places, ports, signal);
  } catch (error) {
    // Without a word of the server it may have happened, and the next look finds a database that is restored.
    if (sqlFailure(error) === undefined) await drop(places.before, ports, signal).catch(() => undefined);
    throw error;
  }
  return drop(places.before, ports, signal).catch((error: unknown) => error);
}

/** `which could not be deleted (there is no room)` */
export const undeleted = (error: unknown): string =>
  `which could not be deleted (${errorsOf(error)
    .map(({ message }) => message)
    .join("; ")})`;

async function drop(name: string, ports: Ports, signal: AbortSignal): Promise<void> {
  const session = await ports.server.maintenance(signal);
  try {
    // 3D000 invalid_catalog_name: an earlier try has done it, or it never got the name.
    const statement = `drop database ${quoteIdentifier(name)} with (force)`;
    await runAlone(session, statement, ports, signal).catch(unlessSqlState("3D000"));
  } finally {
    await session.close();
  }
}
