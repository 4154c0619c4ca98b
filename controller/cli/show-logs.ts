import { knownNames } from "../config/known-names.ts";
import { PoststackError } from "../core/errors.ts";
import type { LogFile } from "../core/ports/machine.ts";
import { nameIn } from "./containers/facts.ts";
import { ownContainers, type OwnContainer } from "./containers/own.ts";
import { printJson, type Context } from "./context.ts";
import { exitCode, type ExitCode } from "./exit.ts";
import { currentLogs, follow, isOf, lastLines, prefixes } from "./log-view.ts";
import { containerLines, followContainers, sourceOf } from "./logs/containers.ts";
import { instantAt, instantOf, merged, timedLines, type LogLine } from "./logs/line.ts";
import type { LogViewOptions } from "./logs/options.ts";
import type { OpenedLogs } from "./open-logs.ts";
import { paintedError } from "./report.ts";

/** One log with what is shown of it. */
interface ShownLog {
  readonly name: string;
  readonly category: string;
  /** Null: the engine keeps it. */
  readonly path: string | null;
  /** As the engine knows it; null: a file. */
  readonly container: string | null;
  readonly lines: readonly LogLine[];
}

/**
 * Logs of processes, jobs, servers and containers on standard output: the last lines of each, by time, or as they are
 * written until Ctrl-C, or until nobody reads them any more. A name stands before each line when there are several.
 *
 * @param services none: all; `web` means also `web.1` and `web.2`
 * @throws PoststackError `TARGET_UNKNOWN`
 */
export async function showLogs(
  opened: OpenedLogs,
  context: Context,
  services: readonly string[],
  options: LogViewOptions,
): Promise<ExitCode> {
  const { environment, logs, ports } = opened;
  const { world, json } = context;
  const isMeant = (name: string): boolean => services.length === 0 || services.some((one) => isOf(name, one));
  const all = logs.list();
  const files = currentLogs(all);
  const containers = await ownContainers({ ports }, world.signal);
  checkNames(services, [...files.map(({ name }) => name), ...containers.map(({ called }) => called)]);
  const chosen = files.filter(({ name }) => isMeant(name));
  const meant = containers.filter(({ called }) => isMeant(called));
  if (options.follow) {
    const names = [...chosen.map(({ name }) => name), ...meant.map(({ called }) => called)];
    await followAll(opened, context, { ...options, isMeant, emit: emitter(names, services, options, context) });
    return world.stop.aborted ? exitCode.interrupted : exitCode.done;
  }
  const shown: readonly ShownLog[] = [
    ...chosen.map((log) => ({ ...fileFacts(log), lines: fileLines(opened, all, log, options) })),
    ...(await Promise.all(meant.map((one) => shownContainer(one, opened, options, world.signal)))),
  ];
  if (json) printJson(context, { version: 1, environment, logs: shown.map(logToJson) });
  else show(shown, environment, options, context);
  return exitCode.done;
}

/** @throws PoststackError `TARGET_UNKNOWN` */
function checkNames(services: readonly string[], known: readonly string[]): void {
  const unknown = services.find((service) => !known.some((name) => isOf(name, service)));
  if (unknown === undefined) return;
  throw new PoststackError("TARGET_UNKNOWN", {
    what: `there is no log of "${unknown}"`,
    next: known.length === 0 ? "nothing of this environment has run yet" : knownNames(unknown, [...new Set(known)]),
  });
}

const fileFacts = ({ name, category, path }: LogFile) => ({ name, category, path, container: null });

function fileLines(
  { logs }: OpenedLogs,
  all: readonly LogFile[],
  log: LogFile,
  { lines, since }: LogViewOptions,
): readonly LogLine[] {
  const timed = timedLines(lastLines(logs, all, log, lines), log);
  if (since === undefined) return timed;
  // A log without times is as new as its last line.
  const from = instantAt(since);
  return timed.filter(({ at = instantAt(log.writtenAt) }) => at >= from);
}

async function shownContainer(
  container: OwnContainer,
  { ports }: OpenedLogs,
  options: LogViewOptions,
  signal: AbortSignal,
): Promise<ShownLog> {
  const lines = await containerLines(ports.containers, container, options, signal);
  return { ...sourceOf(container), path: null, container: nameIn(container.summary), lines };
}

const logToJson = ({ lines, ...facts }: ShownLog): object => ({
  ...facts,
  lines: lines.map(({ text }) => text),
  times: lines.map(({ at }) => at ?? null),
});

function show(shown: readonly ShownLog[], environment: string, options: LogViewOptions, context: Context): void {
  const { print, paint, note } = context;
  if (shown.length === 0) note(`Nothing of ${environment} has run yet: there are no logs.`);
  const before = prefixes([...new Set(shown.map(({ name }) => name))], paint);
  for (const line of merged(shown.map(({ lines }) => lines)))
    print(`${shown.length === 1 ? "" : (before.get(line.name) ?? "")}${lineText(line, options, context)}`);
}

const lineText = ({ at, text }: LogLine, { timestamps }: LogViewOptions, { paint }: Context): string =>
  timestamps ? `${paint("dim", at ?? "-".padEnd(30))} ${text}` : text;

interface FollowAllOptions extends LogViewOptions {
  readonly isMeant: (name: string) => boolean;
  readonly emit: (line: LogLine) => void;
}

async function followAll({ logs, ports }: OpenedLogs, context: Context, options: FollowAllOptions): Promise<void> {
  const { world, note, paintError } = context;
  const { lines, since, isMeant, emit } = options;
  const stop = AbortSignal.any([world.stop, world.stdout.gone]);
  const from = since === undefined ? undefined : instantAt(since);
  const emitFileLine = ({ name, category }: LogFile, text: string): void => {
    const at = instantOf(text);
    // What is being written now has this moment, if it says no other.
    if (from === undefined || at === undefined || at >= from) emit({ name, category, at, text });
  };
  const list = (): readonly LogFile[] => currentLogs(logs.list()).filter(({ name }) => isMeant(name));
  await Promise.all([
    follow(logs, { list, lines, emit: emitFileLine, stop, clock: ports.clock }),
    followContainers(ports, {
      lines,
      since,
      emit,
      stop,
      isMeant: ({ called }) => isMeant(called),
      onUnreadable: (_container, error) => note(paintedError(error.facts, paintError)),
    }),
  ]);
}

/** One service with one log needs no name before its lines. */
function emitter(
  atFirst: readonly string[],
  services: readonly string[],
  options: LogViewOptions,
  context: Context,
): (line: LogLine) => void {
  const { json, paint, print } = context;
  if (json) {
    return ({ name, category, at, text }) => print(JSON.stringify({ name, category, at: at ?? null, line: text }));
  }
  const names = new Set(atFirst);
  return (line) => {
    const isAlone = services.length === 1 && names.size === 1 && names.has(line.name);
    names.add(line.name);
    print(`${isAlone ? "" : (prefixes([...names], paint).get(line.name) ?? "")}${lineText(line, options, context)}`);
  };
}
