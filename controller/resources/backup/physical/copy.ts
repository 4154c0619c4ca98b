import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { Packed } from "../../../core/ports/cluster-copies.ts";
import type { EmbeddedSpec } from "../../../core/ports/embedded.ts";
import type { DesiredBackup } from "../model.ts";
import { lookInside, type Held } from "./look.ts";
import { whileBackingUp } from "./online.ts";

/**
 * Copies the cluster of the running server into the file, unpacks it, lets it recover and looks inside: what cannot be
 * restored is no backup (RELIABILITY 23). Its checksum is that of the bytes which were proved.
 *
 * @param file is there and empty
 * @throws PoststackError `BACKUP_FAILED`, `DISK_FULL`
 */
export async function copyCluster(
  file: string,
  desired: DesiredBackup,
  ports: Ports,
  signal: AbortSignal,
): Promise<Held & { readonly packed: Packed }> {
  const spec = specOf(desired);
  const { copies } = ports.embedded;
  const session = await ports.server.maintenance(signal);
  let packed: Packed;
  try {
    ports.progress("copying the data directory");
    packed = await whileBackingUp(session, (stop) => copies.pack(file, stop, signal), signal);
  } finally {
    await session.close();
  }
  ports.progress("starting the copy, to prove it");
  const held = await copies
    .open(spec, { path: file, sha256: packed.sha256 }, false, signal, (copy) => lookInside(copy, desired))
    .catch((error: unknown) => {
      throw asFailed(error);
    });
  return { ...held, packed };
}

export function specOf({ embedded, environment }: DesiredBackup): EmbeddedSpec {
  if (embedded !== undefined) return embedded;
  throw new PoststackError("INTERNAL", { what: `${environment} has no embedded server` });
}

/** A copy that was just made is no broken backup: it never was one. */
function asFailed(error: unknown): unknown {
  if (!(error instanceof PoststackError) || !["BACKUP_BROKEN", "BACKUP_UNFIT"].includes(error.code)) return error;
  const facts = { ...error.facts, what: `the copy was not good: ${error.message}`, next: "run the command again" };
  return new PoststackError("BACKUP_FAILED", facts, { cause: error });
}
