import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import { runnable } from "../guard.ts";
import { hazardsOf } from "../hazards.ts";
import type { RepeatableFile } from "../model.ts";
import { readSource } from "../source.ts";
import type { Names, RepeatedRow, RepeatFacts } from "./model.ts";
import { namesIn } from "./names.ts";

const noNames: Names = { defined: new Set(), used: new Set(), mentioned: new Set() };

/** The texts of those that are to run, looked at before the first of them does. */
export async function lookAtRepeatables(
  files: readonly RepeatableFile[],
  rows: readonly RepeatedRow[],
  { files: from, parser }: Pick<Ports, "files" | "parser">,
): Promise<ReadonlyMap<string, RepeatFacts>> {
  const known = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  const facts = new Map<string, RepeatFacts>();
  for (const { name, file, checksum } of files) {
    if (known.get(name) === checksum) continue;
    try {
      const source = readSource(file, from);
      await runnable(source, true, parser);
      facts.set(name, { hazards: hazardsOf(source.text), names: await namesIn(source.text, parser) });
    } catch (error) {
      if (!(error instanceof PoststackError)) throw error;
      facts.set(name, { hazards: [], error: error.facts, names: noNames });
    }
  }
  return facts;
}
