import type { Ports } from "../../../core/ports.ts";
import { done, type Result } from "../../../core/resource.ts";
import type { MigrationAction } from "../model.ts";
import { freshSession, writeLedger } from "../session.ts";
import { noteContract } from "./contract-ledger.ts";

/** Puts on record what is older than a contract. What is on record already stays. @throws PoststackError `FENCED` */
export async function noteHeld(
  { migration, older }: Extract<MigrationAction, { readonly verb: "hold" }>,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const session = await freshSession(ports, signal);
  await writeLedger(session, noteContract(migration, older, ports.server.fence()), ports, signal);
  return done;
}
