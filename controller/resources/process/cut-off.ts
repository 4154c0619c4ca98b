import { commandLine } from "../../core/action.ts";
import type { ProcessRecord } from "../../core/ports/host.ts";
import type { DesiredProcess } from "./model.ts";

/**
 * Whether the wish may be the first part of what runs: a Procfile that is seen while it is being saved, or that was cut off
 * while it was copied. Half a command is another command, and may do anything.
 */
export function mayBeCutOff({ isOpenLine, command }: DesiredProcess, { fields }: ProcessRecord): boolean {
  if (isOpenLine !== true) return false;
  const [now, before] = [lineOf(commandLine(command)), lineOf(fields.get("command") ?? "")];
  return now.length < before.length && before.startsWith(now);
}

/** The user's own text in what the shell is given; the `exec` before it is there or not, as the text is simple. */
const lineOf = (command: string): string =>
  command
    .replace(/^\/bin\/sh -c /, "")
    .replace(/^"(.*)"$/s, "$1")
    .replace(/^exec /, "");
