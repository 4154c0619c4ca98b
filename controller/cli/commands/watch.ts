import type { ErrorFacts } from "../../core/errors.ts";
import { renderAction } from "../../core/render.ts";
import { mayPass } from "../../engine/tries.ts";
import { watch, type PassEnd } from "../../engine/watch.ts";
import { contextOf, type Context } from "../context.ts";
import { exitCode, type ExitCode } from "../exit.ts";
import { openEnvironment } from "../open.ts";
import { showEvents } from "../reconcile.ts";
import { renderInitPhase } from "../render/results.ts";
import { paintedError } from "../report.ts";
import { changeOptionsOf } from "../selection.ts";
import type { Invocation } from "../spec.ts";
import type { World } from "../world.ts";

/** Applies on every change of a file and keeps processes and containers alive, until a signal. */
export async function watchCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name, { migration: { replay: true } });
  const { lockTimeoutMs = 60_000 } = changeOptionsOf(options);
  const events = await showEvents(opened, context);
  const tell = teller(context);
  try {
    await watch(opened.load, opened.ports, {
      signal: world.signal,
      stop: world.stop,
      lockTimeoutMs,
      hostLock: world.hostLock,
      run: world.run,
      emit: events.emit,
      sources: opened.sources,
      watchFiles: world.watchFiles,
      onPass: (end) => tell(end),
    });
  } finally {
    events.finish();
  }
  context.note("Stopped watching. What runs goes on: `poststack env stop` ends it.");
  return exitCode.done;
}

/** Says what a pass came to, and the same thing only once. */
function teller(context: Context): (end: PassEnd) => void {
  let last = "";
  /** What is away says so in other words each time it is asked: its kinds of trouble since all was well. */
  let troubles: ReadonlySet<string> = new Set();
  return (end) => {
    const lines = linesOf(end, context);
    const text = lines.join("\n");
    const hasActed = end.type === "outcome" && end.outcome.results.length > 0;
    const errors = errorsOf(end);
    const isKnown = allMayPass(errors) && errors.every(({ code }) => troubles.has(code));
    troubles = allMayPass(errors) ? new Set([...troubles, ...errors.map(({ code }) => code)]) : new Set();
    if ((text === last || isKnown) && !hasActed) return;
    last = text;
    if (context.json) context.print(JSON.stringify({ type: "pass", ...jsonOf(end) }));
    else for (const line of lines) context.print(line);
  };
}

function errorsOf(end: PassEnd): readonly ErrorFacts[] {
  if (end.type === "error") return end.errors;
  return "errors" in end.outcome ? end.outcome.errors : [];
}

const allMayPass = (errors: readonly ErrorFacts[]): boolean => errors.length > 0 && errors.every(mayPass);

const jsonOf = (end: PassEnd): object =>
  end.type === "error"
    ? { status: "error", errors: end.errors }
    : {
        status: end.outcome.status,
        withheld: end.withheld.map(({ id }) => id),
        postponed: end.postponed.map(({ id }) => id),
      };

function linesOf(end: PassEnd, { paint, paintError }: Context): readonly string[] {
  if (end.type === "error") {
    return [
      ...end.errors.map((error) => paintedError(error, paintError)),
      paint(
        "dim",
        `Nothing was changed; ${allMayPass(end.errors) ? "trying again until it passes" : "waiting for the files"}.`,
      ),
    ];
  }
  const { outcome, withheld, postponed } = end;
  const errors = errorsOf(end);
  const waiting = withheld.map((action) => `  ${renderAction(action)}`);
  const again = postponed.map((action) => `  ${renderAction(action)}`);
  return [
    ...renderInitPhase(outcome.results, paint),
    ...errors.map((error) => paintedError(error, paintError)),
    ...(waiting.length === 0 ? [] : ["Left to an explicit `poststack apply`:", ...waiting]),
    ...(again.length === 0 ? [] : ["Needed again so soon that it waits, longer each time:", ...again]),
    lastLine(end, errors, paint),
  ];
}

function lastLine(
  { postponed }: Extract<PassEnd, { readonly type: "outcome" }>,
  errors: readonly ErrorFacts[],
  paint: Context["paint"],
): string {
  if (allMayPass(errors)) return paint("remove", "Trying again until it passes.");
  if (errors.length > 0) return paint("remove", "Waiting for a change.");
  return postponed.length > 0 ? paint("dim", "Watching.") : paint("add", "Up to date. Watching.");
}
