import { readRollback } from "../resources/migration/source.ts";
import { checksumOf } from "../resources/migration/text.ts";
import type { Look } from "./look.ts";

/** A way back that is not the one that was recorded with the migration. */
export interface ChangedRollback {
  /** Of the migration. */
  readonly name: string;
  /** edited: `db rollback` runs the file as it is now. missing: it runs what was recorded. */
  readonly state: "edited" | "missing";
  /** Relative to the project. */
  readonly file?: string;
}

/** As {@link checksumOf} makes it of the text, of which the ledger keeps no other line end than `\n`. */
const recorded = `select "order"::text as "order", encode(sha256(convert_to(rollback_sql, 'UTF8')), 'hex') as checksum
from poststack.schema_migrations where rollback_sql is not null and state = 'applied'`;

/**
 * Of migrations that are applied and have a file. Those that were recorded without a way back (a baseline, another tool's
 * ledger) have none to compare.
 *
 * @throws PoststackError `FILE_*` of a rollback file that cannot be read
 */
export async function changedRollbacks({ desired, ports, ask }: Look): Promise<readonly ChangedRollback[]> {
  const files = new Map((desired.resources.migration[0]?.files ?? []).map((file) => [file.order, file]));
  if (files.size === 0) return [];
  const rows = await ask(recorded, []);
  return rows.flatMap((row): readonly ChangedRollback[] => {
    const file = files.get(String(row["order"]));
    if (file === undefined) return [];
    const { name, rollbackFile } = file;
    const source = readRollback(file, ports.files);
    if (source === undefined || rollbackFile === undefined) return [{ name, state: "missing" }];
    const isSame = checksumOf(Buffer.from(source.text)) === row["checksum"];
    return isSame ? [] : [{ name, state: "edited", file: rollbackFile }];
  });
}
