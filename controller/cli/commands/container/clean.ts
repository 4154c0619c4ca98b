import type { ExitCode } from "../../exit.ts";
import { pruneWith } from "../../prune.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** Containers of ours that the files no longer ask for, and what replacements left. */
export const cleanCommand = (invocation: Invocation, world: World): Promise<ExitCode> =>
  pruneWith({ kinds: ["container"], named: false }, "Nothing to do: no container is left over.", invocation, world);
