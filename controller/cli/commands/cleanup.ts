import type { ExitCode } from "../exit.ts";
import { pruneWith } from "../prune.ts";
import type { Invocation } from "../spec.ts";
import type { World } from "../world.ts";

/** Containers, networks and images of ours that nobody asks for; never a volume. */
export const cleanupCommand = (invocation: Invocation, world: World): Promise<ExitCode> =>
  pruneWith(
    { kinds: ["container", "network", "image"], named: false },
    "Nothing to do: nothing is left over.",
    invocation,
    world,
  );
