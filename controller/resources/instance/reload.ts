import { ask } from "../../core/deadline.ts";
import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";

/** Milliseconds until a running server has read its files again. */
const reloadTimeoutMs = 10_000;

/**
 * Asks a running server to read its files again, and waits until it has.
 * @param send asks it
 * @throws PoststackError `TIMEOUT`
 */
export async function reloaded(send: () => Promise<void>, ports: Ports, signal: AbortSignal): Promise<void> {
  const session = await ports.server.admin(signal);
  const loadedAt = async (): Promise<string> => {
    const [row] = await ask(session, "select pg_conf_load_time()::text as at", [], ports.clock, signal);
    return String(row?.["at"]);
  };
  const before = await loadedAt();
  await send();
  const deadlineMs = ports.clock.nowMs() + reloadTimeoutMs;
  while ((await loadedAt()) === before) {
    if (ports.clock.nowMs() >= deadlineMs) {
      throw new PoststackError("TIMEOUT", {
        what: `the server has not read its settings again after ${reloadTimeoutMs / 1000} s`,
        next: "see its log, then apply again",
      });
    }
    await ports.clock.sleep(20, signal);
  }
}

/** ALTER SYSTEM wins over every file; what the files of the project say is taken back from it, and nothing else. */
export async function resetOverrides(
  parameters: ReadonlyMap<string, string>,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  if (parameters.size === 0) return;
  const session = await ports.server.admin(signal);
  const rows = await ask(
    session,
    `select format('alter system reset %I', name) as statement from pg_file_settings
     where sourcefile like '%/postgresql.auto.conf' and lower(name) = any($1)`,
    [[...parameters.keys()].map((name) => name.toLowerCase())],
    ports.clock,
    signal,
  );
  for (const { statement } of rows) await ask(session, String(statement), [], ports.clock, signal);
}
