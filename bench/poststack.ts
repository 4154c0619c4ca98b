import { join } from "node:path";
import type { Contender } from "./measure.ts";
import { projectRoot } from "./server.ts";

/** The built program, as an installed one runs. */
export const program = join(projectRoot, "dist", "poststack.cjs");

/** `poststack ARGS` in a project's folder, with a code cache of the bench's own. */
export const poststack = (
  args: readonly string[],
  { cwd, home, ...more }: { readonly cwd: string; readonly home: string } & Pick<Contender, "prepare" | "clean">,
): Contender => ({
  name: `poststack ${args.join(" ")}`,
  command: [process.execPath, program, ...args],
  cwd,
  environment: { XDG_CACHE_HOME: home },
  ...more,
});

/** The floor under every program that runs in Node. */
export const emptyNode: Contender = { name: "node -e 0", command: [process.execPath, "-e", "0"] };
