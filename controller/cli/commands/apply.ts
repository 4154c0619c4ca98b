import { dirname, resolve } from "node:path";
import { errorsOf, PoststackError } from "../../core/errors.ts";
import { contextOf, type Context } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { openEnvironment, type OpenedEnvironment } from "../open.ts";
import { reconcile } from "../reconcile.ts";
import { extentSaved, isSavedPlan, readSavedPlan, type SavedPlan } from "../saved-plan.ts";
import { restoreOptionsOf } from "./backup/restore.ts";
import { changeOptionsOf, extentOf, selectionOf, type Extent } from "../selection.ts";
import type { Invocation } from "../spec.ts";
import type { World } from "../world.ts";

/** Makes the machine agree with the files: one environment, or exactly what a saved plan says. */
export async function applyCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const change = changeOptionsOf(options);
  const { saved, opened } = open(name, extentOf(options), context);
  if (saved === undefined) {
    return reconcile(opened, context, { ...change, selection: selectionOf(options) });
  }
  const {
    to: _to,
    scale: _scale,
    skipInit: _skipInit,
    thorough: _thorough,
    restore: _restore,
    ...selection
  } = saved.options;
  return reconcile(opened, context, {
    ...change,
    selection,
    rules: { ...change.rules, savedFingerprint: saved.fingerprint, keyed: saved.keyed },
  });
}

interface Opened {
  readonly opened: OpenedEnvironment;
  readonly saved?: SavedPlan;
}

/** Most applies have nothing to do; whatever one does, it reads afresh. A saved plan was made to be done. */
const recalling = { recall: true };

/** A name with a dot or a slash is a file's; any other is an environment's, and a file's where there is no such one. */
function open(name: string | undefined, extent: Extent, context: Context): Opened {
  const { world } = context;
  if (name === undefined) return { opened: openEnvironment(context, undefined, extent, recalling) };
  const path = resolve(world.cwd, name);
  const isFile = world.exists(path);
  const isPath = /[./\\]/.test(name);
  if (isPath && isFile) return openSaved(readSavedPlan(path, world.openFiles(dirname(path))), name, context);
  try {
    return { opened: openEnvironment(context, name, extent, recalling) };
  } catch (error) {
    const isUnknown = errorsOf(error).every(({ code }) => code === "ENVIRONMENT_UNKNOWN");
    if (isUnknown && isPath) throw planMissing(name);
    const files = isUnknown && isFile ? world.openFiles(dirname(path)) : undefined;
    if (files === undefined || !isSavedPlan(path, files)) throw error;
    return openSaved(readSavedPlan(path, files), name, context);
  }
}

function openSaved(saved: SavedPlan | undefined, name: string, context: Context): Opened {
  if (saved === undefined) return { opened: openEnvironment(context, name) };
  const { environment, options } = saved;
  const to = options.to === undefined ? {} : { to: options.to };
  const restore = options.restore === undefined ? {} : restoreOptionsOf(options.restore);
  return { saved, opened: openEnvironment(context, environment, { ...to, ...extentSaved(options), ...restore }) };
}

const planMissing = (name: string): PoststackError =>
  new PoststackError("FILE_MISSING", {
    what: `there is no file ${name}, and no environment of that name`,
    next: `correct the path, or save a plan there: poststack plan --out ${name}`,
  });
