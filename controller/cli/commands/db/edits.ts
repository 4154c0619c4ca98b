import { readForward } from "../../../resources/migration/source.ts";
import type { LedgerRow, MigrationFile } from "../../../resources/migration/model.ts";
import type { Context } from "../../context.ts";
import type { Look } from "../../look.ts";
import type { OpenedEnvironment } from "../../open.ts";
import { paintDiff } from "../../render/diff.ts";

const recorded = `select "order"::text as "order", sql from poststack.schema_migrations where "order"::text = any($1)`;

/** A migration whose file is another than the ledger's record of it. */
export interface Edit {
  readonly file: MigrationFile;
  /** Undefined: the ledger did not keep it, as after a baseline. */
  readonly applied: string | undefined;
}

/** @param isAsked whether this one is to be shown */
export async function editsOf(
  { desired, observation, ask }: Look,
  isAsked: (file: MigrationFile, row: LedgerRow) => boolean,
): Promise<readonly Edit[]> {
  const rows = new Map((observation.observed.migration?.[0]?.rows ?? []).map((row) => [row.order, row]));
  const edited = (desired.resources.migration[0]?.files ?? []).filter((file) => {
    const row = rows.get(file.order);
    return row !== undefined && row.checksum !== file.checksum && isAsked(file, row);
  });
  const recordedRows = edited.length === 0 ? [] : await ask(recorded, [edited.map(({ order }) => order)]);
  const texts = new Map(recordedRows.map((row) => [row["order"], row["sql"]]));
  return edited.map((file) => {
    const text = texts.get(file.order);
    return { file, applied: typeof text === "string" ? text : undefined };
  });
}

/** Before it is taken into the ledger: what was run against what the file says now. */
export async function showEdit({ file, applied }: Edit, { files }: OpenedEnvironment, context: Context): Promise<void> {
  const { text } = readForward(file, files);
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
