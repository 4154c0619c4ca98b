import type { Difference } from "../../../core/catalog/compare.ts";
import { describeDifference } from "../../../core/catalog/describe.ts";
import type { Remedy } from "../../../core/catalog/statements/remedy.ts";
import { scriptFor } from "../../../core/catalog/statements/script.ts";
import { driftParagraph, summariseDrift } from "../../../core/schema-drift-words.ts";
import { findDrift, toldDrift, type FoundDrift } from "../../../engine/drift/find.ts";
import { endpointOf, sessionOf } from "../../catalog.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { look } from "../../look.ts";
import { openEnvironment } from "../../open.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/**
 * The live schema against what the recorded migrations make of an empty database. Nothing in the environment's database is
 * changed; the statements that are shown are for a person to run.
 */
export async function driftCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const { environment } = opened;
  const found = await look(opened, world.signal, async (seen) => {
    const place = { session: await sessionOf(seen, world.signal), endpoint: endpointOf(seen) };
    return findDrift(seen, place, opened.ports, world.signal, (migrations) =>
      context.note(`Running ${migrations} recorded migrations in a shadow database on the same server.`),
    );
  });
  tell(found, environment, options.text("script") as keyof Remedy | undefined, context);
  return found.differences.length > 0 && options.flag("detailedExitcode") ? exitCode.changes : exitCode.done;
}

function tell(found: FoundDrift, environment: string, script: keyof Remedy | undefined, context: Context): void {
  const { differences, reference, live } = found;
  if (script !== undefined) {
    const { statements, without } = scriptFor(differences, script, reference, live);
    for (const one of without) context.print(`-- no statement for: ${onOneLine(one)}`);
    if (statements.length > 0) context.print(statements.map((statement) => `${statement};`).join("\n"));
    return;
  }
  const drift = toldDrift(found);
  if (context.json) {
    printJson(context, { version: 1, environment, ...drift });
    return;
  }
  for (const one of drift.differences) context.print(driftParagraph(one, context.paint));
  context.note(summariseDrift(drift, environment));
}

const onOneLine = (difference: Difference): string => describeDifference(difference).replaceAll("\n", " ");
