import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { Result } from "../../../core/resource.ts";
import type { MigrationAction } from "../model.ts";
import { baseline } from "../record.ts";
import { readForeign } from "./observe.ts";

/**
 * Records what another tool applied, all of it in one transaction. Its own record is read once more and never written.
 *
 * @throws PoststackError `PLAN_STALE`: that tool has been at work since; `FENCED`
 */
export async function takeOverLedger(
  { migrations, repeated, ledger }: Extract<MigrationAction, { readonly verb: "import" }>,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const session = await ports.server.database(signal);
  const now = session === undefined ? undefined : await readForeign({ name: ledger.table }, session, signal);
  if (now?.digest === ledger.digest) return baseline(migrations, ports, signal, repeated);
  throw new PoststackError("PLAN_STALE", {
    what: `${ledger.format} has changed ${ledger.table} since it was planned to take it over`,
    next: "plan again, and let nothing else migrate this database",
  });
}
