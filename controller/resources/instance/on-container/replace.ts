import { asideName } from "../../../core/derived-name.ts";
import { PoststackError } from "../../../core/errors.ts";
import { takenAway } from "../../../core/last-words.ts";
import type { Ports } from "../../../core/ports.ts";
import type { Result } from "../../../core/resource.ts";
import type { ContainerServer, DesiredInstance, InstanceAction, OwnContainer } from "../model.ts";
import { configure } from "./configure.ts";
import { create } from "./create.ts";
import { start, stopIt } from "./run.ts";

type Replace = Extract<InstanceAction, { readonly verb: "replace" }>;

/**
 * `postgres.next` is made, as long as nothing is lost if it cannot be → `postgres` is stopped and called
 * `postgres.previous` → `postgres.next` is called `postgres`, started, accepted → `postgres.previous` goes. Two servers
 * never have the volume at once: Postgres does not see the lock of one in another container. Cut anywhere, the names tell
 * the next pass how far it came: docs/decisions/0009-container-replacement.md
 */
export async function replace(
  action: Replace,
  server: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const { desired, old, leftovers } = action;
  const { containers } = ports;
  for (const leftover of leftovers) await stopAndRemove(leftover.id, ports, signal);
  const made = action.made ?? (await make(desired, server, ports, signal));
  // What is wanted may have changed since it was made.
  if (action.made !== undefined && made.state !== "running") await configure(desired, made.id, ports, signal);
  await ports.server.reset();
  ports.progress("stopping the old one");
  await stopIt(old.id, ports, signal);
  const aside = asideName(server.name, "previous");
  try {
    if (old.name !== aside) await containers.renameContainer(old.id, aside, signal);
    if (made.name !== server.name) await containers.renameContainer(made.id, server.name, signal);
    const result = await start(desired, server, made.id, ports, signal);
    await remove(old.id, ports, signal);
    return { ...result, note: `${result.note ?? ""}; the old container was stopped first` };
  } catch (error) {
    // What may have happened is looked at afresh by the next pass, and gone on with (RELIABILITY 13).
    const isFinal = error instanceof PoststackError && ["terminal", "stalled"].includes(error.errorClass);
    if (signal.aborted || !isFinal) throw error;
    throw await putBack(error, { desired, server, old, made }, ports, signal);
  }
}

async function make(
  desired: DesiredInstance,
  server: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<Pick<OwnContainer, "id" | "name" | "state">> {
  const name = asideName(server.name, "next");
  return { id: await create(desired, server, name, ports, signal), name, state: "created" };
}

/**
 * Milliseconds for what was never accepted to end in order. As long as its entrypoint is at work, a container's first
 * process takes no signal, and would be waited for in vain; a server that is killed replays its log.
 */
const leftoverGraceMs = 5_000;

export async function stopAndRemove(id: string, ports: Ports, signal: AbortSignal): Promise<void> {
  await ports.containers.stopContainer(id, { graceMs: leftoverGraceMs }, signal);
  await remove(id, ports, signal);
}

const remove = (id: string, { containers }: Ports, signal: AbortSignal): Promise<void> =>
  containers.removeContainer(id, { force: true, anonymousVolumes: false }, signal);

interface Failed {
  readonly desired: DesiredInstance;
  readonly server: ContainerServer;
  readonly old: OwnContainer;
  readonly made: Pick<OwnContainer, "id">;
}

/** The new one is given up, and the old one runs again as it did. */
async function putBack(
  error: PoststackError,
  { desired, server, old, made }: Failed,
  ports: Ports,
  signal: AbortSignal,
): Promise<PoststackError> {
  try {
    await remove(made.id, ports, signal);
    await ports.containers.renameContainer(old.id, server.name, signal);
    await ports.containers.startContainer(old.id, signal);
    return takenAway(error, "the container before it was started again");
  } catch (cause) {
    ports.log.warn({ resource: desired.id, error: String(cause) }, "the container before cannot be put back");
    return takenAway(error, `the one before it could not be started again, and is there as "${old.name}"`);
  }
}
