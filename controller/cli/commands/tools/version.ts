import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** The version alone, or with what it runs on. */
export async function versionCommand({ options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const { version, machine } = world;
  if (context.json) {
    printJson(context, { version, node: machine.nodeVersion, platform: machine.platform, arch: machine.arch });
  } else {
    context.print(version);
  }
  return exitCode.done;
}
