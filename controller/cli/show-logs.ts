import type { LogFile } from "../core/ports/machine.ts";
import { printJson, type Context } from "./context.ts";
import { exitCode, type ExitCode } from "./exit.ts";
import { currentLogs, follow, lastLines, logsOf, prefixes } from "./log-view.ts";
import type { OpenedLogs } from "./open-logs.ts";

interface ShowOptions {
  /** A process, a job, `postgres`; undefined: all. */
  readonly service: string | undefined;
  readonly lines: number;
  readonly follow: boolean;
}

/**
 * Logs on standard output: the last lines of each, or as they are written until Ctrl-C. A name stands before each line
 * when there are several.
 */
export async function showLogs(
  { environment, logs, clock }: OpenedLogs,
  context: Context,
  options: ShowOptions,
): Promise<ExitCode> {
  const { world, json, paint, print } = context;
  const all = logs.list();
  const chosen = logsOf(currentLogs(all), options.service);
  if (options.follow) {
    const emit = json
      ? ({ name, category }: LogFile, line: string) => print(JSON.stringify({ name, category, line }))
      : lineEmitter(chosen, options.service, context);
    const list = (): readonly LogFile[] => {
      const now = currentLogs(logs.list());
      return options.service === undefined || now.length === 0 ? now : logsOf(now, options.service);
    };
    const isHeard = (): boolean => !world.stdout.stream.destroyed;
    await follow(logs, { list, lines: options.lines, emit, stop: world.stop, isHeard, clock });
    return world.stop.aborted ? exitCode.interrupted : exitCode.done;
  }
  const shown = chosen.map((log) => ({ log, lines: lastLines(logs, all, log, options.lines) }));
  if (json) {
    const documents = shown.map(({ log: { name, category, path }, lines }) => ({ name, category, path, lines }));
    printJson(context, { version: 1, environment, logs: documents });
    return exitCode.done;
  }
  if (shown.length === 0) context.note(`Nothing of ${environment} has run yet: there are no logs.`);
  const before = prefixes(
    chosen.map(({ name }) => name),
    paint,
  );
  for (const { log, lines } of shown) {
    for (const line of lines) print(shown.length === 1 ? line : `${before.get(log.name) ?? ""}${line}`);
  }
  return exitCode.done;
}

/** One service with one log needs no name before its lines. */
function lineEmitter(
  atFirst: readonly LogFile[],
  service: string | undefined,
  { paint, print }: Context,
): (log: LogFile, line: string) => void {
  const names = new Set(atFirst.map(({ name }) => name));
  return ({ name }, line) => {
    const isAlone = service !== undefined && names.size === 1 && names.has(name);
    names.add(name);
    print(isAlone ? line : `${prefixes([...names], paint).get(name) ?? ""}${line}`);
  };
}
