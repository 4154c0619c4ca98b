import type { ExitCode } from "../../exit.ts";
import { pruneWith } from "../../prune.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

const remove = (named: boolean, invocation: Invocation, world: World): Promise<ExitCode> =>
  pruneWith(
    { kinds: ["volume"], named },
    invocation.options.flag("deleteData")
      ? "Nothing to do: there is no such volume."
      : "Nothing is done: volumes hold data, which only --delete-data deletes. `poststack volumes list` shows them.",
    invocation,
    world,
  );

/** Volumes that no container uses, also those that the files name. */
export const cleanupCommand = (invocation: Invocation, world: World): Promise<ExitCode> =>
  remove(true, invocation, world);

/** Volumes that no container uses and the files no longer name. */
export const pruneCommand = (invocation: Invocation, world: World): Promise<ExitCode> =>
  remove(false, invocation, world);
