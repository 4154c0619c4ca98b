import type { ContentionPorts } from "../../core/contention.ts";
import { answerLimitMs, within } from "../../core/deadline.ts";
import { ledgerSteps } from "../../core/ledger.ts";
import type { Session } from "../../core/ports/postgres.ts";
import { unlessSqlState } from "../../core/sql.ts";
import { block, checkFence, transact } from "../../core/transaction.ts";
import type { DesiredDatabase } from "./model.ts";
import { readLedger } from "./observe.ts";

/** SQLSTATE of the guard before a step: it has run. */
const hasRun = "PS004";

/**
 * Runs the steps that have not run, each in one transaction with the version that it leads to. Two at once wait for each
 * other, and the second finds its steps done.
 */
export async function upgradeLedger(
  session: Session,
  { owner, ledgerVersion, place }: DesiredDatabase,
  ports: ContentionPorts,
  signal: AbortSignal,
): Promise<void> {
  const asking = { subject: "asking for the ledger's version", next: "see whether the server answers" };
  const found = await within(answerLimitMs, asking, ports.clock, signal, (limited) => readLedger(session, limited));
  const from = Number(found.version ?? 0);
  for (const [index, step] of ledgerSteps(owner).slice(0, ledgerVersion).entries()) {
    const version = index + 1;
    if (version <= from) continue;
    const statements = [
      checkFence(ports.server.fence()),
      unlessVersion(index),
      step,
      `update poststack.system_info set value = '${version}' where key = 'ledger_version'`,
    ];
    await transact(session, statements, ports, signal, { where: place }).catch(unlessSqlState(hasRun));
  }
}

/** Before the first step there is no table to ask. */
const unlessVersion = (version: number): string => {
  const done =
    version === 0
      ? "pg_catalog.to_regclass('poststack.system_info') is not null"
      : `exists (select from poststack.system_info where key = 'ledger_version' and value::int <> ${version})`;
  return block(`begin if ${done} then raise exception 'has run' using errcode = '${hasRun}'; end if; end`);
};
