import type { Catalog } from "../catalog/model.ts";
import { settingsOfOwner } from "../catalog/statements/database.ts";
import type { Server, Session, SqlFailure } from "../ports/postgres.ts";
import { sqlFailure } from "../sql.ts";
import { lazySetting } from "./prepare.ts";

/** What came of it. */
interface TakenSettings {
  /** Sessions that are open began without them. */
  readonly isChanged: boolean;
  /** What a copy does without, in words. */
  readonly uncovered: readonly string[];
}

/**
 * What sessions of the owner begin with in the original they begin with in the copy: it decides which table a name means, and
 * how a date and a text are read. What the admin may not set (a superuser's, a library that is not there) is told and left out.
 *
 * @param server of the shadow
 */
export async function takeSettings(catalog: Catalog, server: Server, signal: AbortSignal): Promise<TakenSettings> {
  const uncovered: string[] = [];
  let isChanged = false;
  for (const { role, name, statement } of settingsOfOwner(catalog).filter(({ name }) => decides(name))) {
    const said = `setting ${name} of ${role === undefined ? "the database" : `role ${role} in it`}`;
    if (statement === undefined) {
      uncovered.push(`${said}, whose value stays in the database`);
      continue;
    }
    const failure = await tried(statement, server, role !== undefined, signal);
    if (failure === undefined) isChanged = true;
    else uncovered.push(`${said}: ${failure.message}`);
  }
  return { isChanged, uncovered };
}

/** A role may set its own, too, where the admin may not set those of others (manual: ALTER ROLE). */
async function tried(
  statement: string,
  server: Server,
  isOfOwner: boolean,
  signal: AbortSignal,
): Promise<SqlFailure | undefined> {
  const failure = await refusal(statement, await server.admin(signal), signal);
  // 42501 insufficient_privilege
  if (!isOfOwner || failure?.sqlState !== "42501") return failure;
  return refusal(statement, await server.owner(signal), signal);
}

async function refusal(statement: string, session: Session, signal: AbortSignal): Promise<SqlFailure | undefined> {
  try {
    await session.query(statement, [], signal);
    return undefined;
  } catch (error) {
    const failure = sqlFailure(error);
    if (failure === undefined) throw error;
    return failure;
  }
}

/** The shadow's own stays; a library that a server of its own does not have would let no session in. */
const decides = (name: string): boolean => name !== lazySetting && !name.endsWith("_preload_libraries");
