import { ask } from "../../core/deadline.ts";
import { fromFacts } from "../../core/errors.ts";
import { isMarked } from "../../core/mark.ts";
import type { Ports } from "../../core/ports.ts";
import { done, type Result } from "../../core/resource.ts";
import { quoteIdentifier, quoteLiteral, unlessSqlState } from "../../core/sql.ts";
import { runAlone } from "../../core/transaction.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { BackupAction, Pruned } from "./model.ts";
import { isUnmarkedSibling } from "./names.ts";
import { restoreBackup } from "./restore.ts";
import { isHeld } from "./restore/held.ts";
import { takeBackup } from "./take.ts";

/** @throws PoststackError `BACKUP_*`, `DISK_FULL`, `STATE_UNWRITABLE`, `NOT_PERMITTED`, and what a refused action says */
export function apply(action: BackupAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  switch (action.verb) {
    case "take":
      return takeBackup(action, ports, signal);
    case "restore":
      return restoreBackup(action, ports, signal);
    case "prune":
      return prune(action.what, ports, signal);
    case "refuse":
      return Promise.reject(fromFacts(action.error));
    default:
      return unreachable(action);
  }
}

async function prune(what: Pruned, ports: Ports, signal: AbortSignal): Promise<Result> {
  if (what.type === "database") {
    await dropOwn(what.name, what.desired.mark, ports, signal);
    return done;
  }
  if (what.type === "folder") {
    await ports.embedded.copies.removeLeftovers(signal);
    return done;
  }
  const found = ports.backups.find(what.path);
  if (found === undefined) return { note: "gone already" };
  // Another file under the name is another backup (RELIABILITY 2).
  if (!(found.manifest ?? "").includes(what.sha256)) return { note: "another backup has its name: left alone" };
  ports.backups.remove(what.path);
  return done;
}

/** Drops a database that bears our mark with its own oid, or was to; gone already, or not ours, is left at that. */
async function dropOwn(name: string, mark: string, ports: Ports, signal: AbortSignal): Promise<void> {
  const session = await ports.server.maintenance(signal);
  try {
    const isOurs = isMarked("pg_catalog.shobj_description(d.oid, 'pg_database')", mark, "d.oid");
    const [row] = await ask(
      session,
      `select true as ours from pg_catalog.pg_database d where d.datname = ${quoteLiteral(name)} and (${isOurs} or ${isUnmarkedSibling("d")}) and not ${isHeld("d")}`,
      [],
      ports.clock,
      signal,
    );
    if (row?.["ours"] !== true) return;
    // 3D000 invalid_catalog_name: gone meanwhile.
    const statement = `drop database ${quoteIdentifier(name)} with (force)`;
    await runAlone(session, statement, ports, signal).catch(unlessSqlState("3D000"));
  } finally {
    await session.close();
  }
}
