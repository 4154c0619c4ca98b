import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { ExecSpec } from "../../core/ports/containers.ts";
import { done, type Result } from "../../core/resource.ts";
import { withHolder } from "./machine.ts";
import { livesIn } from "./inside.ts";
import type { DesiredContainer, Ending, Own } from "./model.ts";

/** Lines of a hook's output that an error shows. */
const shownLines = 20;

/**
 * Starts it, and runs what is to be run in it then. It ends when the container is started: whether that is well is
 * looked at afterwards, for all of them at once.
 */
export async function start(desired: DesiredContainer, own: Own, ports: Ports, signal: AbortSignal): Promise<Result> {
  // Also when they are there: a pass that was cut may have left one half.
  if (desired.files.length > 0) await ports.containers.putFiles(own.id, desired.files, signal);
  // On disk before it runs: cut from here on, or with a command that failed, the next pass knows that they are owed.
  if (desired.postStart.length > 0) ports.state.recordStart(desired.id, own.id);
  await ports.containers.startContainer(own.id, signal).catch(async (error: unknown) => {
    throw await withHolder(error, desired, ports, signal);
  });
  await finishStart(desired, own, ports, signal);
  return done;
}

/**
 * Runs what is to be run in it after a start of ours. No engine tells whether that was done, so the state does. A start by
 * the engine itself, after a crash, runs nothing (as Compose has it).
 */
export async function finishStart(
  { id, postStart }: DesiredContainer,
  own: Own,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  if (postStart.length === 0) return;
  for (const hook of postStart) await runHook("post_start", hook, own, ports, signal);
  ports.state.recordStart(id, undefined);
}

/** Lets it end: hooks, its signal, its grace, then SIGKILL. Ended or gone already is success. */
export async function stop(own: Own, preStop: readonly ExecSpec[], ports: Ports, signal: AbortSignal): Promise<void> {
  if (own.isUp) {
    // A hook that fails does not keep a container alive (Compose does the same).
    for (const hook of preStop) {
      await runHook("pre_stop", hook, own, ports, signal).catch((error: unknown) => {
        if (signal.aborted || !(error instanceof PoststackError)) throw error;
        ports.log.warn({ container: own.name, error: error.message }, "a pre_stop command failed");
      });
    }
  }
  await ports.containers.stopContainer(own.id, {}, signal);
}

/** By its id, which no other container ever has. Its volumes stay, also those without a name (RELIABILITY 20). */
export const remove = (own: Own, ports: Ports, signal: AbortSignal): Promise<void> =>
  ports.containers.removeContainer(own.id, { force: true, anonymousVolumes: false }, signal);

/**
 * The same for one that others may live inside. Where the engine does not let it go before them they end first: they go
 * by this plan as well, and what finds its container gone makes it anew.
 */
export async function removeWithInside(
  own: Own,
  inside: readonly Ending[],
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  try {
    await remove(own, ports, signal);
  } catch (error) {
    const isInUse = error instanceof PoststackError && error.code === "ENGINE_OBJECT_IN_USE";
    if (!isInUse || inside.length === 0) throw error;
    for (const { current, preStop } of inside) {
      const found = await ports.containers.inspectContainer(current.id, signal);
      if (found === undefined || !livesIn(found.spec, own.id)) continue;
      await stop(current, preStop, ports, signal);
      await removeWithInside(current, inside, ports, signal);
    }
    await remove(own, ports, signal);
  }
}

async function runHook(
  when: "post_start" | "pre_stop",
  hook: ExecSpec,
  own: Own,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  ports.progress(`${when}: ${hook.command[0]}`);
  const { exitCode, output } = await ports.containers.exec(own.id, hook, signal);
  if (exitCode === 0) return;
  throw new PoststackError("HOOK_FAILED", {
    what: `a ${when} command of container "${own.name}" ended with exit code ${exitCode}: ${hook.command[0]}`,
    details: output.trimEnd().split("\n").slice(-shownLines),
    next: "correct the command, and apply again",
  });
}
