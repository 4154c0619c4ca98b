import { rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stampedDevice } from "../../controller/adapters/file-stamp.ts";
import { textCache } from "../../controller/adapters/text-cache.ts";
import type { TextCache } from "../../controller/core/ports/files.ts";

/** Whether temporary files lie where a stamp can be trusted: on no network, and not on a Mac. */
export const hasStamps = stampedDevice(tmpdir()) !== undefined;

/** So much later than now that what a test has just written counts as old, in milliseconds. */
export const later = 10_000;

/** The cache of a project's migrations, as a run of its own opens it. */
export const cacheOf = (directory: string, root: string, nowMs = () => Date.now() + later): TextCache =>
  textCache({ directory, owner: JSON.stringify([root, "./migrations"]), nowMs });

/**
 * Lets the clock of the file system go on: what is changed after this has another time than what was before. The clock
 * ticks every few milliseconds.
 */
export function nextTick(folder: string): void {
  const probe = join(folder, ".tick");
  const timeNs = (): bigint => {
    writeFileSync(probe, "");
    return statSync(probe, { bigint: true }).ctimeNs;
  };
  const before = timeNs();
  while (timeNs() === before);
  rmSync(probe);
}
