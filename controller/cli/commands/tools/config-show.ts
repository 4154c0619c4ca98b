import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { showConfig } from "../../show-config.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** The same as `env config`. */
export const configShowCommand = async ({ args: [name], options }: Invocation, world: World): Promise<ExitCode> =>
  showConfig(name, await contextOf(options, world));
