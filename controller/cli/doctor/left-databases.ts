import { answerLimitMs, within } from "../../core/deadline.ts";
import { PoststackError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { Endpoint, Postgres, Session } from "../../core/ports/postgres.ts";
import { forsakenShadows } from "../../core/shadow/shadow.ts";
import { quoteIdentifier } from "../../core/sql.ts";
import { discardedDatabases } from "../../resources/backup/restore/beside.ts";
import { warning, type Check } from "./check.ts";

interface Asked {
  readonly environment: string;
  readonly endpoint: Endpoint | undefined;
  /** What marks databases of the environment as ours; undefined: it has none. */
  readonly mark: string | undefined;
}

const asking = { subject: "looking for databases that were left", next: "see whether the server answers" };

/** Databases that a command left, killed or refused: they take room, and few other commands tell of them. */
export async function leftDatabases(
  asked: Asked,
  { postgres, clock }: { readonly postgres: Postgres; readonly clock: Clock },
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { endpoint } = asked;
  if (endpoint === undefined) return [];
  try {
    const session = await postgres.connect(endpoint, endpoint.admin, endpoint.maintenanceDatabase, signal);
    try {
      return await within(answerLimitMs, asking, clock, signal, (limited) =>
        leftOn(session, endpoint.database, asked, limited),
      );
    } finally {
      await session.close();
    }
  } catch (error) {
    // A server that is down, or not made yet, is told by who looks at it.
    if (error instanceof PoststackError) return [];
    throw error;
  }
}

async function leftOn(
  session: Session,
  database: string,
  { environment, mark }: Asked,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const shadows = await forsakenShadows(session, signal);
  const discarded = mark === undefined ? [] : await discardedDatabases(database, mark, session, signal);
  return [
    ...(shadows.length === 0 ? [] : [leftShadows(environment, shadows)]),
    ...(discarded.length === 0 ? [] : [leftReplaced(environment, discarded)]),
  ];
}

const leftShadows = (environment: string, names: readonly string[]): Check =>
  warning(
    `${environment}: shadows`,
    `${names.join(", ")}: left by a rehearsal or a comparison that was killed`,
    `\`poststack db drift ${environment}\`, or the next rehearsal, drops ${itOrThem(names)}`,
  );

const leftReplaced = (environment: string, names: readonly string[]): Check =>
  warning(
    `${environment}: replaced databases`,
    `${names.join(", ")}: replaced by a restore with --delete-data, which did not drop ${itOrThem(names)}`,
    `as the server's admin: ${names.map((name) => `drop database ${quoteIdentifier(name)} with (force)`).join("; ")}. \`poststack backup prune ${environment} --delete-data\` drops ${itOrThem(names)}, too, and deletes every backup that \`keep\` does not want`,
  );

const itOrThem = (names: readonly string[]): string => (names.length === 1 ? "it" : "them");
