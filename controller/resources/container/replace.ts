import { putAside, takeBack } from "./aside.ts";
import { asideName } from "../../core/derived-name.ts";
import { PoststackError } from "../../core/errors.ts";
import { takenAway } from "../../core/last-words.ts";
import type { Ports } from "../../core/ports.ts";
import type { Result } from "../../core/resource.ts";
import { create } from "./create.ts";
import { writesData } from "./exclusive.ts";
import type { ContainerAction, DesiredContainer, Own } from "./model.ts";
import { remove, removeWithInside, start, stop } from "./run.ts";
import { waitAccepted } from "./wait.ts";

type Replacement = Extract<ContainerAction, { readonly verb: "replace" }>;

/**
 * A new container takes the place of an old one, which stays until the new one is accepted (RELIABILITY 14). Each step is
 * recognised by the names that it leaves, so a pass that was cut is finished by the next:
 * docs/decisions/0009-container-replacement.md
 */
export async function replace(action: Replacement, ports: Ports, signal: AbortSignal): Promise<Result> {
  const { desired, old, leftovers, inside = [] } = action;
  // One of them may run, and hold what the next ones need.
  for (const leftover of leftovers) {
    await stop(leftover, desired.preStop, ports, signal);
    await removeWithInside(leftover, inside, ports, signal);
  }
  // One that took another's place, and whose name a cut pass did not change any more.
  if (old.name === asideName(desired.name, "next")) {
    await ports.containers.renameContainer(old.id, desired.name, signal);
  }
  return action.order === "start-first" ? startFirst(action, ports, signal) : stopFirst(action, ports, signal);
}

/** `web` serves → `web.next` is made, started, accepted → `web` goes → `web.next` is called `web`. */
async function startFirst(action: Replacement, ports: Ports, signal: AbortSignal): Promise<Result> {
  const { desired, old, inherits, inside = [] } = action;
  const made = action.made ?? (await create(desired, asideName(desired.name, "next"), inherits, ports, signal));
  try {
    await start(desired, made, ports, signal);
    if (isAtStake(desired, old)) await waitAccepted(desired, made, ports, signal);
  } catch (error) {
    if (!isFinal(error, signal)) throw error;
    await discard(made, ports, signal);
    throw takenAway(error, old.isUp ? "the one before it still runs" : "the one before it is as it was");
  }
  await stop(old, desired.preStop, ports, signal);
  await removeWithInside(old, inside, ports, signal);
  await ports.containers.renameContainer(made.id, desired.name, signal);
  return { note: "the old one stopped after the new one was accepted" };
}

/**
 * `web.next` is made, as long as nothing is lost if it cannot be → `web` is stopped, called `web.previous`, and not started
 * by the engine any more → `web.next` is called `web`, started, accepted → `web.previous` goes.
 */
async function stopFirst(action: Replacement, ports: Ports, signal: AbortSignal): Promise<Result> {
  const { desired, old, inherits, inside = [] } = action;
  const aside = asideName(desired.name, "previous");
  const isServing = isAtStake(desired, old);
  const made = action.made ?? (await create(desired, asideName(desired.name, "next"), inherits, ports, signal));
  await stop(old, desired.preStop, ports, signal);
  let isKept = true;
  try {
    isKept = await putAside(old, aside, writesData(desired.spec, inherits), inside, ports, signal);
    if (made.name !== desired.name) await ports.containers.renameContainer(made.id, desired.name, signal);
    await start(desired, made, ports, signal);
    if (isServing) await waitAccepted(desired, made, ports, signal);
  } catch (error) {
    if (!isFinal(error, signal)) throw error;
    // The new one has what is left of it: volumes without a name.
    if (!isKept) throw besides(error, "the one before it is gone, since this engine cannot keep it aside");
    throw await putBack(error, { desired, old, made, isServing }, ports, signal);
  }
  if (isKept) await removeWithInside(old, inside, ports, signal);
  return { note: "the old one was stopped first" };
}

/** A new one that is given up has run, and may be writing. */
async function discard(made: Own, ports: Ports, signal: AbortSignal): Promise<void> {
  await stop(made, [], ports, signal);
  await remove(made, ports, signal);
}

/**
 * Whether the new one is given up. What was cut, or has perhaps happened, is looked at afresh and gone on with by the next
 * pass (RELIABILITY 13).
 */
const isFinal = (error: unknown, signal: AbortSignal): error is PoststackError =>
  !signal.aborted && error instanceof PoststackError && ["terminal", "stalled"].includes(error.errorClass);

/** Whether something would be lost with it: it ran, or was stopped by a replacement that was cut. */
const isAtStake = ({ name }: DesiredContainer, old: Own): boolean =>
  old.isUp || old.name === asideName(name, "previous");

interface Failed {
  readonly desired: DesiredContainer;
  readonly old: Own;
  readonly made: Own;
  readonly isServing: boolean;
}

async function putBack(
  error: PoststackError,
  { desired, old, made, isServing }: Failed,
  ports: Ports,
  signal: AbortSignal,
): Promise<PoststackError> {
  try {
    await discard(made, ports, signal);
    await takeBack(old, desired.name, ports, signal);
    if (!isServing) return takenAway(error, "the one before it is as it was");
    await ports.containers.startContainer(old.id, signal);
    return takenAway(error, "the one before it was started again");
  } catch (cause) {
    ports.log.warn({ resource: desired.id, error: String(cause) }, "the container before cannot be put back");
    return takenAway(error, `the one before it could not be started again, and is there as "${old.name}"`);
  }
}

function besides(error: PoststackError, outcome: string): PoststackError {
  const { code, ...facts } = error.facts;
  return new PoststackError(code, { ...facts, what: `${facts.what}; ${outcome}` }, { cause: error });
}
