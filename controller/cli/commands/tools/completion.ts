import { PoststackError } from "../../../core/errors.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import type { Invocation } from "../../spec.ts";

export const completionShells: readonly string[] = ["bash", "zsh", "fish", "powershell"];

/** The script that a shell reads to complete our commands; it calls `poststack complete -- WORDS`. */
export async function completionCommand({ args: [shell = ""] }: Invocation): Promise<ExitCode> {
  if (!completionShells.includes(shell)) {
    throw new PoststackError("USAGE", {
      what: `no completion for the shell ${JSON.stringify(shell)}`,
      next: `name one of ${completionShells.join(", ")}`,
    });
  }
  const { script } = await import("@bomb.sh/tab");
  script(shell, "poststack", "poststack");
  return exitCode.done;
}
