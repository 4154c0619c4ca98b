import type { Ports } from "../../../core/ports.ts";
import type { OpenCopy } from "../../../core/ports/cluster-copies.ts";
import type { Result } from "../../../core/resource.ts";
import { checkFence } from "../../../core/transaction.ts";
import type { Candidate, DesiredBackup, RestoreFacts } from "../model.ts";
import { replacedEnding } from "../names.ts";
import { checkContent } from "../observe.ts";
import { undeleted } from "../restore/replaced.ts";
import { specOf } from "./copy.ts";
import { asOurs, lookInside, type Held } from "./look.ts";

/** Milliseconds for the old server to come back, also after an abort. */
const restartLimitMs = 60_000;

/**
 * Unpacks a copy beside the data, lets it recover, makes it ours, and only then stops the server, puts it in the data's place
 * and starts it. Until the server stops the environment is as it was; from the decision on it is as the copy, whoever is
 * killed (adapters/embedded/physical/exchange.ts).
 */
export async function restoreCluster(facts: RestoreFacts, ports: Ports, signal: AbortSignal): Promise<Result> {
  const { desired, candidate, deleteData } = facts;
  const { endpoint } = desired;
  const { copies } = ports.embedded;
  const spec = specOf(desired);
  ports.progress(`reading ${candidate.path}`);
  await checkContent(candidate, ports, signal);
  ports.progress("unpacking it beside the server's data");
  const outgoing = await copies
    .open(spec, candidate, true, signal, async (copy) => {
      const held = await madeOurs(copy, facts, ports);
      ports.progress(`stopping the server for it, with ${held.tables} tables, last migration ${held.head ?? "none"}`);
      const fence = ports.server.fence();
      await ports.server.reset();
      await checkAlone(desired, fence, ports, signal);
      await ports.embedded.stop(spec, signal);
      ports.progress("it takes the place of the server's data");
      return copy.takePlace(replacedEnding(ports.clock.date()));
    })
    .catch(async (error: unknown) => {
      // Whatever it was, the server that was stopped for it runs again.
      await ports.embedded.start(spec, endpoint.admin, AbortSignal.timeout(restartLimitMs)).catch(() => undefined);
      throw error;
    });
  ports.progress("starting the server");
  await ports.embedded.start(spec, endpoint.admin, signal);
  await ports.server.reset();
  if (!deleteData) return { note: `restored; what was there before is in ${outgoing}` };
  try {
    copies.removeReplaced(outgoing);
  } catch (error) {
    // It is restored: told as failed it would be done again, over what has been written since.
    return { note: `restored; what was there before is left in ${outgoing}, ${undeleted(error)}` };
  }
  return { note: "restored; what was there before is deleted" };
}

/** The same up to the server's stop, and thrown away: the only proof that a copy can be restored. */
export async function proveCopy(
  candidate: Candidate,
  desired: DesiredBackup,
  ports: Ports,
  signal: AbortSignal,
): Promise<Held> {
  const open = (copy: OpenCopy): Promise<Held> => lookInside(copy, desired);
  return ports.embedded.copies.open(specOf(desired), candidate, false, signal, open);
}

function madeOurs(copy: OpenCopy, { desired, candidate }: RestoreFacts, ports: Ports): Promise<Held> {
  const verifier = ports.passwords.verifier(desired.endpoint.admin.password);
  const restored = { sha256: candidate.sha256, at: ports.clock.date() };
  return lookInside(copy, desired, asOurs(desired, { verifier, fence: ports.server.fence(), restored }));
}

/** To end our own sessions the lock was given back: whoever took it has raised the fence, and may be writing. */
async function checkAlone(
  { endpoint: { admin, database } }: DesiredBackup,
  fence: number,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const session = await ports.server.login(admin, database, signal);
  try {
    await session.query(checkFence(fence), [], signal);
  } finally {
    await session.close();
  }
}
