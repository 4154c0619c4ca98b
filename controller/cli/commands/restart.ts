import { contextOf } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { openEnvironment } from "../open.ts";
import { reconcile } from "../reconcile.ts";
import { changeOptionsOf } from "../selection.ts";
import type { Invocation } from "../spec.ts";
import { refuseUnprepared } from "../unprepared.ts";
import type { World } from "../world.ts";

/** Services that were started after this moment: older ones are restarted. */
export async function restartCommand({ args, options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const restart = { services: args.flatMap((name) => name ?? []), startedAfter: new Date() };
  const opened = openEnvironment(context, options.text("env"), { restart });
  // What the name means is known to the wish: `web` is `web.1` and `web.2` where it has replicas.
  const { resources } = await opened.load();
  const restarted = [...resources.instance, ...resources.process, ...resources.container].filter(
    ({ startedAfter }) => startedAfter === restart.startedAfter,
  );
  const targets = restarted.map(({ id }) => id);
  await refuseUnprepared(openEnvironment(context, options.text("env")), new Set(targets), world.signal);
  return reconcile(opened, context, { ...changeOptionsOf(options), selection: { targets } });
}
