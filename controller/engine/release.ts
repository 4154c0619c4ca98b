import { createHash } from "node:crypto";
import type { Ports } from "../core/ports.ts";
import { quoteLiteral } from "../core/sql.ts";
import { transact } from "../core/transaction.ts";
import type { Action } from "../resources/index.ts";
import { deployedParts } from "../resources/migration/phases/deployed.ts";
import type { Run } from "./record.ts";

/** Releases that are kept, the newest. */
const kept = 1_000;

/**
 * Keeps what there is of the deployment, before a plan changes it and after, unless that is what was kept last: what was a release
 * once is older than whatever comes to be known later, also when somebody goes back to it. As events do, it goes without
 * where it cannot be written.
 *
 * @param actions of the plan; or those that were done
 */
export async function recordRelease(
  actions: readonly Action[],
  ports: Ports,
  { id }: Run,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted || !actions.some(({ kind }) => kind === "process" || kind === "container")) return;
  try {
    const session = await ports.server.database(signal);
    if (session === undefined) return;
    const hasContainers = ports.state.read()?.engine !== undefined;
    const found = await deployedParts({ hasContainers }, ports, signal);
    if (found.length === 0) return;
    const parts = JSON.stringify(found.map(({ resource, release }) => ({ resource, release })));
    const digest = quoteLiteral(createHash("sha256").update(parts).digest("hex"));
    const statements = [
      `select poststack.check_fence(${ports.server.fence()})`,
      `insert into poststack.releases (digest, parts, run) select ${digest}, ${quoteLiteral(parts)}::jsonb, ${quoteLiteral(id)}
       where ${digest} is distinct from (select digest from poststack.releases order by id desc limit 1)`,
      `delete from poststack.releases where id <= (select id from poststack.releases order by id desc offset ${kept} limit 1)`,
    ];
    await transact(session, statements, ports, signal);
  } catch (error) {
    ports.log.debug({ error: String(error) }, "release not recorded");
  }
}
