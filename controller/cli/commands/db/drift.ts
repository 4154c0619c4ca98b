import { compareCatalogs, type Difference } from "../../../core/catalog/compare.ts";
import { describeDifference } from "../../../core/catalog/describe.ts";
import type { Catalog } from "../../../core/catalog/model.ts";
import { readOurs, withoutOurs } from "../../../core/catalog/ours.ts";
import { remediesFor, type Remedy } from "../../../core/catalog/statements/remedy.ts";
import { scriptFor } from "../../../core/catalog/statements/script.ts";
import { replay } from "../../../engine/replay.ts";
import { catalogOf, endpointOf, sessionOf } from "../../catalog.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { look } from "../../look.ts";
import { openEnvironment } from "../../open.ts";
import { extensionsOf, recordedMigrations } from "../../recorded.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

interface Found {
  readonly reference: Catalog;
  readonly live: Catalog;
  readonly differences: readonly Difference[];
  readonly migrations: number;
}

/**
 * The live schema against what the recorded migrations make of an empty database. Nothing in the environment's database is
 * changed; the statements that are shown are for a person to run.
 */
export async function driftCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const { environment } = opened;
  const found = await look(opened, world.signal, async (seen): Promise<Found> => {
    const session = await sessionOf(seen, world.signal);
    const present = await catalogOf(session, seen, world.signal);
    const ours = await readOurs(session, world.signal);
    const migrations = await recordedMigrations(seen);
    const extensions = extensionsOf(seen, present, ours.extensions);
    context.note(`Running ${migrations.length} recorded migrations in a shadow database on the same server.`);
    const made = await replay({ migrations, extensions }, endpointOf(seen), opened.ports, world.signal);
    // The configuration's own, whether it has been carried out or not, is for `plan` to tell.
    const beside = { ...ours, extensions: new Set([...ours.extensions, ...extensions.map((one) => one.name)]) };
    const [live, reference] = [withoutOurs(present, beside), withoutOurs(made, beside)];
    return { live, reference, differences: compareCatalogs(reference, live), migrations: migrations.length };
  });
  tell(found, environment, options.text("script") as keyof Remedy | undefined, context);
  return found.differences.length > 0 && options.flag("detailedExitcode") ? exitCode.changes : exitCode.done;
}

function tell(found: Found, environment: string, script: keyof Remedy | undefined, context: Context): void {
  const { differences, reference, live, migrations } = found;
  const remedies = remediesFor(reference, live);
  if (context.json) {
    const told = differences.map((difference) => {
      const { change, kind, identity, fields } = difference;
      const { adopt, undo } = remedies(difference);
      return { change, kind, identity, fields, adopt: adopt ?? null, undo: undo ?? null };
    });
    printJson(context, { version: 1, environment, migrations, differences: told });
    return;
  }
  if (script !== undefined) {
    const { statements, without } = scriptFor(differences, script, reference, live);
    for (const one of without) context.print(`-- no statement for: ${describeDifference(one).replaceAll("\n", " ")}`);
    if (statements.length > 0) context.print(statements.map((statement) => `${statement};`).join("\n"));
    return;
  }
  for (const difference of differences) context.print(paragraph(difference, remedies(difference), context));
  const verdict =
    differences.length === 0
      ? `No drift: the schema of ${environment} is what its ${migrations} migrations make.`
      : `${differences.length} ${differences.length === 1 ? "object differs" : "objects differ"} from what the ${migrations} migrations of ${environment} make.`;
  context.note(verdict);
}

const styles = { added: "add", removed: "remove", changed: "change" } as const;

function paragraph(difference: Difference, { adopt, undo }: Remedy, { paint }: Context): string {
  const lines = (label: string, statements: readonly string[] | undefined): readonly string[] => {
    if (statements === undefined) return [`  ${label}  (no statement can)`];
    return statements.map(
      (one, index) => `  ${index === 0 ? label : "     "}  ${one.replaceAll("\n", "\n         ")};`,
    );
  };
  return [
    paint(styles[difference.change], describeDifference(difference)),
    ...lines("adopt", adopt),
    ...lines("undo ", undo),
  ].join("\n");
}
