import { PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import { runnable } from "./guard.ts";
import { hazardsOf } from "./hazards.ts";
import { refuseBothWays } from "./import/both-ways.ts";
import type { NamedMigration, PendingFacts } from "./model.ts";
import { backfillIn } from "./phases/backfill-text.ts";
import { readForward, readRollback } from "./source.ts";
import { checksumOf, headersOf } from "./text.ts";

/** What was found in texts without a fault, by checksum: every pass of a run would find the same in what is pending. */
const looked = new Map<string, PendingFacts>();

type Reading = Pick<Ports, "files" | "parser">;

/** What the texts of a file that is to run show, forward and back. What is wrong with them is told in `error`. */
export async function look(file: NamedMigration, reading: Reading): Promise<PendingFacts> {
  try {
    const facts = await forward(file, reading);
    const back = readRollback(file, reading.files);
    return back === undefined ? facts : { ...facts, rollbackChecksum: checksumOf(Buffer.from(back.text)) };
  } catch (error) {
    if (error instanceof PoststackError) return { hazards: [], error: error.facts };
    throw error;
  }
}

async function forward(file: NamedMigration, { files, parser }: Reading): Promise<PendingFacts> {
  const source = readForward(file, files);
  const bytes = Buffer.from(source.text);
  const checksum = checksumOf(bytes);
  // What a name says of the phase, the text does not.
  const known = file.phase === undefined ? looked.get(checksum) : undefined;
  if (known !== undefined) return known;
  const { transactional, settings, phase = file.phase } = headersOf(bytes);
  if (file.reading === undefined) refuseBothWays(source);
  await runnable(source, transactional, parser);
  if (phase === "backfill") await backfillIn(source, parser);
  const asked = settings.find(({ role }) => role !== undefined);
  const place = { file: source.file, line: (asked?.line ?? 1) - (source.shift ?? 0), column: 1 };
  const role = asked?.role === undefined ? {} : { role: { name: asked.role, place } };
  const hazards = hazardsOf(source.text, phase);
  const facts = { checksum, hazards, ...role, ...(phase === undefined ? {} : { phase }) };
  // The place is that of one file, and of no other with the same text.
  if (asked === undefined && file.phase === undefined) looked.set(checksum, facts);
  return facts;
}
