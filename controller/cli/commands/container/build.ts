import type { BuildOptions } from "../../../config/desired/options.ts";
import { contextOf } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { reconcile } from "../../reconcile.ts";
import { changeOptionsOf } from "../../selection.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

async function buildWith(of: BuildOptions["of"], { args, options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const build = {
    names: args.flatMap((name) => name ?? []),
    noCache: options.isOff("cache"),
    of,
    shipped: world.shippedImages(),
  };
  const opened = openEnvironment(context, options.text("env"), { build });
  return reconcile(opened, context, {
    ...changeOptionsOf(options),
    settleLimitMs: "none",
    settledText: "Nothing to do: every image is built, from what the files hold now.",
  });
}

/** The images that services of the environment build, after what they are made from. */
export const buildCommand = (invocation: Invocation, world: World): Promise<ExitCode> =>
  buildWith("services", invocation, world);

/** The images of the project's folders, and those that come with Poststack. */
export const buildProjectCommand = (invocation: Invocation, world: World): Promise<ExitCode> =>
  buildWith("project", invocation, world);
