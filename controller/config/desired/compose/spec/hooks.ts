import type { ExecSpec } from "../../../../core/ports/containers.ts";
import type { Text } from "../../../../core/secret.ts";
import { present } from "../../../compose/decode/fields.ts";
import type { ComposeHook } from "../../../compose/part-models.ts";

/** Milliseconds for one command; Compose waits without end, and a pass may not (RELIABILITY 31). */
const timeoutMs = 300_000;

/** A command of `post_start` or `pre_stop`; one without words runs nothing. */
export function hookOf(hook: ComposeHook, lift: (text: string) => Text): readonly ExecSpec[] {
  const [program, ...args] = hook.command;
  if (program === undefined) return [];
  const environment = new Map(
    [...(hook.environment ?? [])].flatMap(([name, value]): [string, Text][] =>
      value === null ? [] : [[name, lift(value)]],
    ),
  );
  const { user, working_dir: workingDirectory } = hook;
  return [
    {
      command: [program, ...args],
      timeoutMs,
      ...present({
        environment: environment.size === 0 ? undefined : environment,
        user: user === "" ? undefined : user,
        workingDirectory: workingDirectory === "" ? undefined : workingDirectory,
        privileged: hook.privileged === true ? true : undefined,
      }),
    },
  ];
}
