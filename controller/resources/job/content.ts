import type { Content } from "../../core/resource.ts";
import type { DesiredJob, JobAction } from "./model.ts";

const variables = "variables/";
const inputs = "inputs/";

/**
 * The key's parts hold a public text as it is, and any other as a keyed hash: one that is the very text is public.
 * Injected variables and secrets are in neither: a rotated password makes no other plan. Nor is the moment since when a
 * run counts, which is another one in each command.
 */
export function content({ desired }: JobAction): Content {
  const { command, environment, keyParts, timeoutMs, when } = desired;
  const mayShowCommand = isCommandPublic(desired);
  const own = [...keyParts].filter(([part]) => part.startsWith(variables));
  const isPublic = ([part, text]: readonly [string, string]): boolean =>
    environment.get(part.slice(variables.length)) === text;
  return {
    facts: {
      command: mayShowCommand ? command : undefined,
      cwd: keyParts.get("cwd"),
      timeoutMs,
      when,
      variables: new Map(own.map((one) => [one[0], isPublic(one) ? one[1] : undefined])),
      names: own.map(([part]) => part).sort(),
      inputs: new Map([...keyParts].filter(([part]) => part.startsWith(inputs))),
    },
    keyed: new Map([
      ...own.filter((one) => !isPublic(one)),
      ...(mayShowCommand ? [] : [["command", keyParts.get("command") ?? ""] as const]),
    ]),
  };
}

/** Whether nothing but what the files say in plain text is in the command. */
export const isCommandPublic = ({ command, keyParts }: DesiredJob): boolean =>
  keyParts.get("command") === JSON.stringify(command);
