import { renderAction } from "../../core/render.ts";
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

/** Applies on every change of a file and keeps processes alive, until a signal. */
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
  return (end) => {
    const lines = linesOf(end, context);
    const text = lines.join("\n");
    if (text === last && !(end.type === "outcome" && end.outcome.results.length > 0)) return;
    last = text;
    if (context.json) context.print(JSON.stringify({ type: "pass", ...jsonOf(end) }));
    else for (const line of lines) context.print(line);
  };
}

const jsonOf = (end: PassEnd): object =>
  end.type === "error"
    ? { status: "error", errors: end.errors }
    : { status: end.outcome.status, withheld: end.withheld.map(({ id }) => id) };

function linesOf(end: PassEnd, { paint, paintError }: Context): readonly string[] {
  if (end.type === "error") {
    return [
      ...end.errors.map((error) => paintedError(error, paintError)),
      paint("dim", "Nothing was changed; waiting for the files."),
    ];
  }
  const { outcome, withheld } = end;
  const errors = outcome.status === "blocked" || outcome.status === "stalled" ? outcome.errors : [];
  const waiting = withheld.map((action) => `  ${renderAction(action)}`);
  return [
    ...renderInitPhase(outcome.results, paint),
    ...errors.map((error) => paintedError(error, paintError)),
    ...(waiting.length === 0 ? [] : ["Left to an explicit `poststack apply`:", ...waiting]),
    paint(errors.length > 0 ? "remove" : "add", errors.length > 0 ? "Waiting for a change." : "Up to date. Watching."),
  ];
}
