import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { Session } from "../../../core/ports/postgres.ts";
import { readOlder, readPast } from "./contract-ledger.ts";
import type { DeployedPart, DeploymentWish, SeenDeployment } from "./model.ts";
import { deployedParts, wantedReleases } from "./deployed.ts";

/** What a contract that is pending is decided by. Asked only where one is. */
export async function observeDeployment(
  wish: DeploymentWish,
  session: Session,
  ports: Ports,
  signal: AbortSignal,
): Promise<SeenDeployment> {
  const noted = await readOlder(session, signal);
  const before = await readPast(session, signal);
  const parts = await whatIsThere(wish, ports, signal);
  const wanted = wish.parts === undefined ? undefined : await wantedReleases(wish, ports, signal);
  return {
    noted,
    before,
    ...(parts === undefined ? {} : { parts }),
    ...(wanted === undefined ? {} : { wanted }),
  };
}

/** A command that does not need the engine goes on without it, and the contract waits. */
async function whatIsThere(
  wish: DeploymentWish,
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly DeployedPart[] | undefined> {
  try {
    return await deployedParts(wish, ports, signal);
  } catch (error) {
    if (wish.parts !== undefined || !(error instanceof PoststackError)) throw error;
    return undefined;
  }
}
