import { PoststackError } from "../../../core/errors.ts";
import type { EngineIdentity } from "../../../core/ports/container-facts.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Milliseconds that another writer of the environment is waited for. */
const lockTimeoutMs = 60_000;

/**
 * The way out where the engine that holds an environment's containers is gone for ever: nothing is changed anywhere but in
 * the state.
 *
 * @throws PoststackError `USAGE`: that engine answers; `CONFIRMATION`
 */
export async function forgetEngineCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const { environment, project, ports } = openEnvironment(context, name);
  const known = ports.state.read()?.engine;
  const answer = { version: 1, environment, engine: known ?? null };
  if (known === undefined) {
    if (context.json) printJson(context, answer);
    else context.print(`Nothing to forget: ${environment} is on no container engine.`);
    return exitCode.done;
  }
  const answering = await ports.containers.identify(world.signal).catch(() => undefined);
  if (answering?.engine === known.engine && answering.address === known.address) throw alive(known, environment);
  const engine = `${known.engine} (${known.address})`;
  context.note(
    `The containers, networks and volumes of ${environment} in ${engine} are given up: if that is not gone, they stay there, run on, and nobody looks after them. The next apply makes all of them anew, without what was in the volumes, on the engine that answers then.`,
  );
  if (!context.yes && !context.canAsk) {
    throw new PoststackError("CONFIRMATION", {
      what: `${engine} is to be forgotten, and nobody to ask`,
      next: "give --yes",
    });
  }
  if (!context.yes && !(await world.prompt.confirm("Forget that engine?"))) return exitCode.done;
  const onWait = (holder: string): void => context.note(`Waits for another writer: ${holder}`);
  const lock = await world.hostLock.take(`${project.name}/${environment}`, lockTimeoutMs, onWait, world.signal);
  try {
    ports.state.forgetEngine();
  } finally {
    await lock.release();
  }
  if (context.json) printJson(context, answer);
  else context.print(`Forgotten: ${engine}.`);
  return exitCode.done;
}

const alive = ({ address }: EngineIdentity, environment: string): PoststackError =>
  new PoststackError("USAGE", {
    what: `${address} holds the containers of ${environment}, and it answers`,
    next: `take them away: poststack destroy ${environment}`,
  });
