import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { Session } from "../../../core/ports/postgres.ts";
import { runnable } from "../guard.ts";
import { hazardsOf } from "../hazards.ts";
import type { NamedMigration, ObservedMigrations, RepeatableFile } from "../model.ts";
import { parsedOnce } from "../parsed-once.ts";
import { readSource } from "../source.ts";
import { readRepeated } from "./ledger.ts";
import type { Names, RepeatedRow, RepeatFacts } from "./model.ts";
import { namesIn } from "./names.ts";

const noNames: Names = { defined: new Set(), used: new Set(), mentioned: new Set() };

/** What is known by the time that they are looked at. */
interface Beside {
  /** The ledger has ever known one. Most have none, and are not asked. */
  readonly recorded: boolean;
  readonly session: Session | undefined;
  /** The database, where it is in use. */
  readonly live: Session | undefined;
  /** Versions that are to run before them. */
  readonly files: readonly NamedMigration[];
  readonly pending: ObservedMigrations["pending"];
}

/** What the ledger knows of them, and what those that are to run would do to what is there. */
export async function observeRepeatables(
  repeatable: readonly RepeatableFile[] = [],
  { recorded, session, live, ...before }: Beside,
  ports: Ports,
  signal: AbortSignal,
): Promise<Pick<ObservedMigrations, "repeated" | "repeating" | "standing" | "tables">> {
  const repeated = recorded && session !== undefined ? await readRepeated(session, signal) : [];
  if (repeatable.length === 0 && repeated.length === 0) return {};
  const repeating = await lookAtRepeatables(repeatable, repeated, ports);
  if (repeating.size === 0) return { repeated, repeating };
  const standing = await namesOf(
    repeatable.filter(({ name }) => !repeating.has(name)),
    ports,
  );
  if (live === undefined) return { repeated, repeating, standing };
  const { withSuspicionsOfRepeatables } = await import("../lint/pending.ts");
  const { withImpactOfRepeatables } = await import("../impact/pending.ts");
  const reading = { files: ports.files, parser: parsedOnce(ports.parser) };
  const suspected = await withSuspicionsOfRepeatables(repeating, repeatable, before, reading);
  return { repeated, standing, ...(await withImpactOfRepeatables(suspected, repeatable, reading, live, signal)) };
}

/** The texts of those that are to run, looked at before the first of them does. */
async function lookAtRepeatables(
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
      const { settings } = await runnable(source, true, parser);
      const asked = settings.find((setting) => setting.role !== undefined);
      const role =
        asked?.role === undefined ? {} : { role: { name: asked.role, place: { file, line: asked.line, column: 1 } } };
      facts.set(name, { hazards: hazardsOf(source.text), names: await namesIn(source.text, parser), ...role });
    } catch (error) {
      if (!(error instanceof PoststackError)) throw error;
      facts.set(name, { hazards: [], error: error.facts, names: noNames });
    }
  }
  return facts;
}

/** Of those that do not run again: what is to run stands in one order, or in a circle, with them, too. */
async function namesOf(
  files: readonly RepeatableFile[],
  { files: from, parser }: Pick<Ports, "files" | "parser">,
): Promise<ReadonlyMap<string, Names>> {
  const names = new Map<string, Names>();
  for (const { name, file } of files) names.set(name, await namesIn(readSource(file, from).text, parser));
  return names;
}
