import { fromFacts, PoststackError } from "../../../core/errors.ts";
import { observedMark, resourceIn } from "../../../core/engine-labels.ts";
import { claimsAmong } from "../../../core/ownership.ts";
import type { Ports } from "../../../core/ports.ts";
import { done, type Result } from "../../../core/resource.ts";
import { unreachable } from "../../../core/unreachable.ts";
import { asideName } from "../../../core/derived-name.ts";
import { reloaded, resetOverrides } from "../reload.ts";
import type { ContainerServer, DesiredInstance, InstanceAction } from "../model.ts";
import { checkSettings, configure, settingsIn } from "./configure.ts";
import { create } from "./create.ts";
import { dueOf } from "./due.ts";
import { repair } from "./repair.ts";
import { replace } from "./replace.ts";
import { accept, start, stopIt } from "./run.ts";

type Doing = Exclude<InstanceAction, { readonly verb: "refuse" }>;

export async function applyContainer(
  action: Doing,
  server: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const { desired } = action;
  switch (action.verb) {
    case "create": {
      ports.progress("creating");
      const id = await create(desired, server, server.name, ports, signal);
      return await start(desired, server, id, ports, signal);
    }
    case "start":
      return await startKept(desired, server, ports, signal);
    case "restart":
      return await restart(desired, server, ports, signal);
    case "reload":
      return await reload(desired, server, ports, signal);
    case "update":
      return await repair(action, server, ports, signal);
    case "replace": {
      const due = await dueOf(action, server, ports, signal);
      if (due === undefined) return { note: "its image is the same one" };
      if (due.verb === "refuse") throw fromFacts(due.error);
      return due === action
        ? await replace(action, server, ports, signal)
        : await applyContainer(due, server, ports, signal);
    }
    case "stop":
      await ports.server.reset();
      for (const id of await ownIds(desired, server, ports, signal)) await stopIt(id, ports, signal);
      return done;
    case "delete":
      return await remove(desired, server, ports, signal);
    default:
      return unreachable(action);
  }
}

/** Every container of ours that this server has, the one that serves first. */
async function ownIds(
  { id: resource }: DesiredInstance,
  { name }: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const last = [asideName(name, "next"), asideName(name, "previous")];
  const claims = await claimsAmong(await ports.containers.containers(signal), ports, signal);
  const ours = claims.filter((claim) => claim.resource === resource).map(({ summary }) => summary);
  const rank = (names: readonly string[]): number => (names.some((one) => last.includes(one)) ? 1 : 0);
  return ours.toSorted((a, b) => rank(a.names) - rank(b.names)).map(({ id }) => id);
}

async function ownId(
  desired: DesiredInstance,
  server: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<string> {
  const [id] = await ownIds(desired, server, ports, signal);
  if (id !== undefined) return id;
  throw new PoststackError("ENGINE_OBJECT_GONE", {
    what: `container "${server.name}" of ${desired.id} was just there, and is gone`,
    where: desired.place,
  });
}

/** Its files are written again: what it was made with may be of other settings. */
async function startKept(
  desired: DesiredInstance,
  server: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const id = await ownId(desired, server, ports, signal);
  const details = await ports.containers.inspectContainer(id, signal);
  // Running, and slow to answer: its files stay as they are.
  if (details?.state === "running") return accept(desired, server, id, ports, signal, "running");
  if (details !== undefined && details.name !== server.name)
    await ports.containers.renameContainer(id, server.name, signal);
  await configure(desired, id, ports, signal);
  return start(desired, server, id, ports, signal);
}

/** When it does not come up with the new settings, the ones from before are put back, and it runs with them. */
async function restart(
  desired: DesiredInstance,
  server: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const id = await ownId(desired, server, ports, signal);
  await checkSettings(desired, id, ports, signal);
  const before = await settingsIn(id, ports, signal);
  await resetOverrides(desired.parameters, ports, signal).catch(unlessDown);
  await ports.server.reset();
  ports.progress("stopping");
  await stopIt(id, ports, signal);
  await configure(desired, id, ports, signal);
  try {
    return await start(desired, server, id, ports, signal);
  } catch (error) {
    if (signal.aborted || before === undefined || !(error instanceof PoststackError)) throw error;
    if (!["POSTGRES_START", "PARAMETER_INVALID"].includes(error.code)) throw error;
    await ports.containers.putFiles(id, [before], signal);
    await start(desired, server, id, ports, signal);
    const what = `${error.message}; the settings from before are back, and the server runs with them`;
    throw new PoststackError(error.code, { ...error.facts, what }, { cause: error });
  }
}

/** A server that crashes again and again cannot be asked; it is restarted all the same. */
function unlessDown(error: unknown): void {
  if (!(error instanceof PoststackError) || error.errorClass !== "retryable") throw error;
}

async function reload(
  desired: DesiredInstance,
  server: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const id = await ownId(desired, server, ports, signal);
  await checkSettings(desired, id, ports, signal);
  await configure(desired, id, ports, signal);
  await resetOverrides(desired.parameters, ports, signal);
  const session = await ports.server.admin(signal);
  const send = async (): Promise<void> => void (await session.query("select pg_reload_conf()", [], signal));
  await reloaded(send, ports, signal);
  return done;
}

/** Its data only with the leave for it; the record of it last, since until then its passwords are needed. */
async function remove(
  desired: DesiredInstance,
  server: ContainerServer,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  await ports.server.reset();
  for (const id of await ownIds(desired, server, ports, signal)) {
    await stopIt(id, ports, signal);
    await ports.containers.removeContainer(id, { force: true, anonymousVolumes: false }, signal);
  }
  if (!desired.deleteData) return { note: `its data stays in volume ${server.volume}` };
  // A volume has no id but its name: whose it is, is asked right before (RELIABILITY 2).
  const volume = (await ports.containers.volumes(signal)).find(({ name }) => name === server.volume);
  if (volume !== undefined && resourceIn(volume.labels, observedMark(ports)) !== undefined)
    await ports.containers.removeVolume(server.volume, signal);
  ports.state.remove();
  return done;
}
