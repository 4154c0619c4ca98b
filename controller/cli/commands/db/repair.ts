import type { MigrationFile } from "../../../resources/migration/model.ts";
import { contextOf, type Context } from "../../context.ts";
import type { ExitCode } from "../../exit.ts";
import { look, type Look } from "../../look.ts";
import { reconcileMigrations } from "../../migrations.ts";
import { openEnvironment, type OpenedEnvironment } from "../../open.ts";
import { paintDiff } from "../../render/diff.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** As large as a migration may be. */
const limitBytes = 16 * 1024 * 1024;
const recorded = `select "order"::text as "order", sql from poststack.schema_migrations where "order"::text = any($1)`;

/** Takes the files' present text into the ledger, after showing what is other than what was run. */
export async function repairCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const edits = await look(opened, world.signal, (seen) => editsOf(seen));
  for (const edit of edits) await show(edit, opened, context);
  const settled = "Nothing to do: the ledger holds what the files say.";
  return reconcileMigrations(name, { repair: true }, settled, options, context);
}

interface Edit {
  readonly file: MigrationFile;
  /** Undefined: the ledger did not keep it, as after a baseline. */
  readonly applied: string | undefined;
}

async function editsOf({ desired, observation, ask }: Look): Promise<readonly Edit[]> {
  const rows = observation.observed.migration?.[0]?.rows ?? [];
  const checksums = new Map(rows.map(({ order, checksum }) => [order, checksum]));
  const edited = (desired.resources.migration[0]?.files ?? []).filter(
    ({ order, checksum }) => checksums.has(order) && checksums.get(order) !== checksum,
  );
  const recordedRows = edited.length === 0 ? [] : await ask(recorded, [edited.map(({ order }) => order)]);
  const texts = new Map(recordedRows.map((row) => [row["order"], row["sql"]]));
  return edited.map((file) => {
    const text = texts.get(file.order);
    return { file, applied: typeof text === "string" ? text : undefined };
  });
}

async function show({ file, applied }: Edit, { files }: OpenedEnvironment, context: Context): Promise<void> {
  const text = files.read(file.file, { limitBytes }).replaceAll(/\r\n?/g, "\n");
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import("diff");
  const patch =
    applied === undefined
      ? undefined
      : createTwoFilesPatch(`${file.file} as applied`, file.file, applied, text, undefined, undefined, {
          context: 3,
          headerOptions: FILE_HEADERS_ONLY,
        });
  if (context.json) context.print(JSON.stringify({ type: "edit", id: file.id, file: file.file, patch: patch ?? null }));
  else if (patch === undefined) context.print(`${file.file}: the ledger does not hold the text that was applied.\n`);
  else context.print(paintDiff(patch, context.paint));
}
