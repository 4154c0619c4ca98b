import { resolve } from "node:path";
import { isRefusal } from "../../core/action.ts";
import type { MigrationOptions } from "../../config/desired/options.ts";
import { PoststackError, type ErrorFacts } from "../../core/errors.ts";
import { isSettled, type Plan } from "../../core/plan.ts";
import type { StateFacts } from "../../core/ports/state.ts";
import { renderPlan } from "../../core/render.ts";
import { planOnce } from "../../engine/converge.ts";
import { nothingRehearsed } from "../../engine/rehearsal/rehearsed.ts";
import { backupFile, restoreOptionsOf } from "./backup/restore.ts";
import { contextOf, printJson, type Context } from "../context.ts";
import { exitCode, type ExitCode } from "../exit.ts";
import { openEnvironment } from "../open.ts";
import { planToJson } from "../plan-json.ts";
import { paintedError } from "../report.ts";
import { comparable, savedExtent, savePlan } from "../saved-plan.ts";
import { extentOf, selectionOf } from "../selection.ts";
import type { Invocation, Options } from "../spec.ts";
import type { World } from "../world.ts";
import type { Action } from "../../resources/index.ts";

/**
 * What apply would do. Takes no lock and changes nothing, also not on disk, but for a rehearsal, which makes a database and
 * drops it again.
 */
export async function planCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const to = options.text("to") as "running" | "stopped" | "absent" | undefined;
  const selection = selectionOf(options);
  const restore = options.text("restore");
  if (restore !== undefined && to !== undefined) {
    throw new PoststackError("USAGE", { what: "--restore and --to name two ends", next: "give one of them" });
  }
  const extent = extentOf(options);
  const opened = comparable(
    openEnvironment(
      context,
      name,
      {
        ...(to === undefined ? {} : { to }),
        ...extent,
        migration: proofsOf(options),
        ...(restore === undefined ? {} : restoreOptionsOf(backupFile(restore, world))),
      },
      { recall: true },
    ),
  );
  const plan = await planOnce(opened.load, opened.ports, selection, world.signal, nothingRehearsed("all"));

  await show(plan, options.text("format"), context);
  const refusals = plan.actions.filter(isRefusal);
  if (refusals.length > 0) {
    if (!context.json)
      for (const line of refusalLines(refusals, opened.ports.state.read(), context)) context.note(line);
    return exitCode.error;
  }
  const out = options.text("out");
  if (out !== undefined) {
    const path = resolve(world.cwd, out);
    world.writeFile(
      path,
      savePlan(
        plan,
        {
          ...(to === undefined ? {} : { to }),
          ...selection,
          ...savedExtent(extent),
          ...(restore === undefined ? {} : { restore: backupFile(restore, world) }),
        },
        world.version,
      ),
      {
        overwrite: true,
      },
    );
    context.note(`Saved. Apply exactly this with: poststack apply ${out}`);
  }
  const isAsSaid = isSettled(plan) && (plan.drift === undefined || plan.drift.differences.length === 0);
  return options.flag("detailedExitcode") && !isAsSaid ? exitCode.changes : exitCode.done;
}

/** `--drift`, `--rehearse` and `--rehearse-sample`. @throws PoststackError `USAGE` */
function proofsOf(options: Options): MigrationOptions {
  const drift = options.flag("drift") ? "always" : "policy";
  const text = options.text("rehearseSample");
  if (text === undefined) return { drift, ...(options.flag("rehearse") ? { rehearse: true } : {}) };
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new PoststackError("USAGE", {
      what: `--rehearse-sample ${text} is no number of rows`,
      next: "write it as --rehearse-sample 100; at most 999999",
    });
  }
  return { drift, rehearse: true, rehearsalRows: Number(text) };
}

/** Kinds that are handed over by a comment with the mark of the environment. */
const marked = new Set(["role", "database"]);

function refusalLines(
  refusals: readonly { readonly kind: string; readonly error: ErrorFacts }[],
  state: StateFacts | undefined,
  { paintError }: Context,
): readonly string[] {
  const lines = refusals.map(({ error }) => paintedError(error, paintError));
  const isMarkMadeUp =
    state === undefined && refusals.some(({ kind, error }) => error.code === "NAME_TAKEN" && marked.has(kind));
  return isMarkMadeUp
    ? [...lines, "This environment has no mark yet: `poststack apply` makes one, and prints a statement that fits."]
    : lines;
}

async function show(plan: Plan<Action>, format: string | undefined, context: Context): Promise<void> {
  if (context.json || format === "json") {
    printJson(context, planToJson(plan));
  } else if (format === "markdown") {
    const { renderMarkdown } = await import("../render/markdown.ts");
    context.print(renderMarkdown(plan));
  } else {
    if (!isSettled(plan))
      context.print(`${context.paint("strong", `Plan for ${plan.environment} of ${plan.project}`)}\n`);
    context.print(renderPlan(plan, { paint: context.paint, all: context.verbosity > 0 }));
  }
}
