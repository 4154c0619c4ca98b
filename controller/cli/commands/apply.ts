import { dirname, resolve } from "node:path";
import { contextOf } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { openEnvironment } from "../open.ts";
import { reconcile } from "../reconcile.ts";
import { readSavedPlan } from "../saved-plan.ts";
import { changeOptionsOf, selectionOf } from "../selection.ts";
import type { Invocation } from "../spec.ts";
import type { World } from "../world.ts";

/** Makes the machine agree with the files: one environment, or exactly what a saved plan says. */
export async function applyCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const change = changeOptionsOf(options);
  const path = name === undefined || !/[./\\]/.test(name) ? undefined : resolve(world.cwd, name);
  const saved = path === undefined ? undefined : readSavedPlan(path, world.openFiles(dirname(path)));
  if (saved === undefined) {
    const opened = openEnvironment(context, name);
    return reconcile(opened, context, { ...change, selection: selectionOf(options) });
  }
  const { to, ...selection } = saved.options;
  const opened = openEnvironment(context, saved.environment, to === undefined ? {} : { to });
  return reconcile(opened, context, {
    ...change,
    selection,
    rules: { ...change.rules, savedFingerprint: saved.fingerprint },
  });
}
