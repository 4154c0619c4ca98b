import { errorsOf, renderError, type ErrorFacts } from "../core/errors.ts";
import { renderPlace } from "../core/place.ts";
import { plain, type Paint } from "../core/render.ts";
import { paintFor } from "./paint.ts";
import type { World } from "./world.ts";

/** Shows what was thrown: text on standard error, or one JSON document on standard output with `--json`. */
export function reportErrors(thrown: unknown, world: World, args: readonly string[]): readonly ErrorFacts[] {
  const errors = errorsOf(thrown).map(({ facts }) => facts);
  if (args.includes("--json")) {
    world.stdout.write(`${JSON.stringify({ errors })}\n`);
  } else {
    const paint = paintFor(world.stderr, !args.includes("--no-color"));
    for (const error of errors) world.stderr.write(`${paintedError(error, paint)}\n`);
  }
  const verbose = args.some((arg) => /^-v+$|^--verbose$/.test(arg));
  if (verbose && thrown instanceof Error && thrown.stack !== undefined) world.stderr.write(`${thrown.stack}\n`);
  return errors;
}

/** As core renders it, with the code emphasised. */
export function paintedError(error: ErrorFacts, paint: Paint = plain): string {
  const [first = "", ...rest] = renderError(error).split("\n");
  const head = `error ${error.code}`;
  const place = error.where === undefined ? undefined : renderPlace(error.where);
  const lines = rest.map((line) => (place !== undefined && line.endsWith(place) ? paint("strong", line) : line));
  return [`${paint("refuse", head)}${first.slice(head.length)}`, ...lines].join("\n");
}
