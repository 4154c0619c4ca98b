import { chooseEnvironment } from "../config/choose.ts";
import { PoststackError } from "../core/errors.ts";
import type { LogFiles } from "../core/ports/machine.ts";
import type { EnginePorts } from "../engine/converge.ts";
import type { Context } from "./context.ts";
import { openProject } from "./open.ts";
import type { Options } from "./spec.ts";

export interface OpenedLogs {
  readonly environment: string;
  readonly logs: LogFiles;
  /** Containers keep theirs with their engine, which is asked where the environment has any. */
  readonly ports: EnginePorts;
}

/** The logs of one environment. Nothing has to run for it, and no secret is asked for. */
export async function openLogsOf(context: Context, name: string | undefined): Promise<OpenedLogs> {
  const { world, log } = context;
  const { project, root } = openProject(context);
  const environment = chooseEnvironment(project, name).name;
  const { directory } = world.openState(root, environment);
  return { environment, logs: world.openLogs(directory), ports: world.openEngine(root, environment, log) };
}

/** @throws PoststackError `USAGE` */
export function countOption(options: Options, name: string, otherwise: number): number {
  const text = options.text(name);
  if (text === undefined) return otherwise;
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new PoststackError("USAGE", {
    what: `--${name} ${text} is no count`,
    next: "write a whole number, such as 20",
  });
}
