import { answerLimitMs, within } from "../../core/deadline.ts";
import { PoststackError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { Endpoint, Postgres } from "../../core/ports/postgres.ts";
import { forsakenShadows } from "../../core/shadow/shadow.ts";
import { warning, type Check } from "./check.ts";

const asking = { subject: "looking for shadows", next: "see whether the server answers" };

/** Copies of the schema that a killed command left: they take room, and no other command tells of them. */
export async function shadowChecks(
  name: string,
  endpoint: Endpoint | undefined,
  { postgres, clock }: { readonly postgres: Postgres; readonly clock: Clock },
  signal: AbortSignal,
): Promise<readonly Check[]> {
  if (endpoint === undefined) return [];
  try {
    const session = await postgres.connect(endpoint, endpoint.admin, endpoint.maintenanceDatabase, signal);
    try {
      const found = await within(answerLimitMs, asking, clock, signal, (limited) => forsakenShadows(session, limited));
      return found.length === 0 ? [] : [left(name, found)];
    } finally {
      await session.close();
    }
  } catch (error) {
    // A server that is down, or not made yet, is told by who looks at it.
    if (error instanceof PoststackError) return [];
    throw error;
  }
}

const left = (name: string, shadows: readonly string[]): Check =>
  warning(
    `${name}: shadows`,
    `${shadows.join(", ")}: left by a rehearsal or a comparison that was killed`,
    `\`poststack db drift ${name}\`, or the next rehearsal, drops ${shadows.length === 1 ? "it" : "them"}`,
  );
