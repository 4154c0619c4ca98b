import { PoststackError } from "../../../core/errors.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

export const completionShells: readonly string[] = ["bash", "zsh", "fish", "powershell"];

/** The script that a shell reads to complete our commands; it calls `poststack complete -- WORDS`. */
export async function completionCommand({ args: [shell = ""] }: Invocation, world: World): Promise<ExitCode> {
  if (!completionShells.includes(shell)) {
    throw new PoststackError("USAGE", {
      what: `no completion for the shell ${JSON.stringify(shell)}`,
      next: `name one of ${completionShells.join(", ")}`,
    });
  }
  // A second `source` of the same script would end in "readonly variable".
  world.stdout.write((await scriptFor(shell)).replaceAll(/^readonly (?=ShellComp)/gm, ""));
  return exitCode.done;
}

/** The library prints its script by itself, and gives it in no other way. */
async function scriptFor(shell: string): Promise<string> {
  const { script } = await import("@bomb.sh/tab");
  const lines: string[] = [];
  const { log } = console;
  console.log = (text: string) => lines.push(`${text}\n`);
  try {
    script(shell, "poststack", "poststack");
  } finally {
    console.log = log;
  }
  return lines.join("");
}
