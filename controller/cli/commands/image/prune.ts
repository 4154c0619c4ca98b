import type { ExitCode } from "../../exit.ts";
import { pruneWith } from "../../prune.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Images that we built, that no container was made from and that the files do not name. */
export const pruneCommand = (invocation: Invocation, world: World): Promise<ExitCode> =>
  pruneWith(
    { kinds: ["image"], named: invocation.options.flag("all") },
    "Nothing to do: every image that was built here is in use.",
    invocation,
    world,
  );
