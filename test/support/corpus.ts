import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env["POSTSTACK_CORPUS"] ?? new URL("../../../shared/corpus", import.meta.url).pathname;

/**
 * Whether the corpus (real files and the outcomes that reference tools gave for them) lies beside the project. Without it
 * its tests are skipped, loudly; a CI run may not go without.
 */
export const hasCorpus = existsSync(folder);
if (!hasCorpus) {
  const text = `no corpus at ${folder}: its tests cannot run; POSTSTACK_CORPUS names its folder`;
  if (process.env["CI"] === "true") throw new Error(text);
  console.warn(text);
}

export const corpusPath = (...parts: readonly string[]): string => join(folder, ...parts);

/** A JSON file of the corpus; undefined when there is no corpus. */
export const readCorpus = (...parts: readonly string[]): unknown =>
  hasCorpus ? JSON.parse(readFileSync(corpusPath(...parts), "utf8")) : undefined;
