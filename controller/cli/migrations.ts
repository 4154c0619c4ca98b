import type { MigrationOptions } from "../config/desired/options.ts";
import { PoststackError } from "../core/errors.ts";
import type { Context } from "./context.ts";
import { exitCode, type ExitCode } from "./exit.ts";
import { openEnvironment } from "./open.ts";
import { reconcile } from "./reconcile.ts";
import { changeOptionsOf } from "./selection.ts";
import type { Options } from "./spec.ts";

/**
 * The way of every command that changes migrations: the wish says how far, the selection says nothing else, and the engine
 * does the rest.
 */
export async function reconcileMigrations(
  name: string | undefined,
  migration: MigrationOptions,
  settledText: string,
  options: Options,
  context: Context,
): Promise<ExitCode> {
  const opened = openEnvironment(context, name, { migration });
  try {
    return await reconcile(opened, context, {
      ...changeOptionsOf(options),
      selection: { targets: ["migration"] },
      settledText,
    });
  } catch (error) {
    // Neither the folder nor the ledger has one, so there is nothing that the selection could mean.
    if (!(error instanceof PoststackError) || error.code !== "TARGET_UNKNOWN") throw error;
    context.note("There are no migrations.");
    return exitCode.done;
  }
}

/** `--target`, or `--target-version`. @throws PoststackError `USAGE` when both say different things */
export function targetOf(options: Options): string | undefined {
  const [short, long] = [options.text("target"), options.text("targetVersion")];
  if (short === undefined || long === undefined || short === long) return short ?? long;
  throw new PoststackError("USAGE", { what: "--target and --target-version name two versions", next: "give one" });
}

export const serverDown = (environment: string): PoststackError =>
  new PoststackError("POSTGRES_UNREACHABLE", {
    what: `the server of ${environment} is not running, so its ledger cannot be asked`,
    next: `start it with \`poststack apply ${environment}\``,
  });
