import { containersNamed } from "../../containers/named.ts";
import { contextOf } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { reconcile } from "../../reconcile.ts";
import { changeOptionsOf } from "../../selection.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

type End = "running" | "stopped" | "absent";

const settledTexts: Readonly<Record<End, string>> = {
  running: "Nothing to do: they run, as the files say.",
  stopped: "Nothing to do: they do not run.",
  absent: "Nothing to do: they are not there.",
};

/** Another end for some services and for nothing else: the same plan and the same apply as for all of them. */
async function changeTo(to: End, { args, options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const services = args.flatMap((name) => name ?? []);
  const opened = openEnvironment(context, options.text("env"), { to, services });
  const targets = containersNamed(await opened.load(), services);
  const code = await reconcile(opened, context, {
    ...changeOptionsOf(options),
    selection: { targets },
    settledText: settledTexts[to],
  });
  if (to !== "running" && code === exitCode.done && !context.json) {
    context.note(
      `The files still ask for ${services.join(", ")}: the next apply brings ${services.length === 1 ? "it" : "them"} back.`,
    );
  }
  return code;
}

/** Up, and as the files say; what a service needs on the engine comes along. */
export const startCommand = (invocation: Invocation, world: World): Promise<ExitCode> =>
  changeTo("running", invocation, world);

/** Down; the containers stay. */
export const stopCommand = (invocation: Invocation, world: World): Promise<ExitCode> =>
  changeTo("stopped", invocation, world);

/** Gone; volumes and networks stay. */
export const removeCommand = (invocation: Invocation, world: World): Promise<ExitCode> =>
  changeTo("absent", invocation, world);
