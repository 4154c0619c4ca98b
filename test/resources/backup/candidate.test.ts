import { expect, test } from "vitest";
import type { BackupFile, Backups } from "../../../controller/core/ports/backups.ts";
import { renderManifest } from "../../../controller/resources/backup/manifest.ts";
import { candidateAt, checkContent } from "../../../controller/resources/backup/observe.ts";
import { candidate, manifest } from "./kit.ts";

const signal = new AbortController().signal;
const path = "/shop/backups/a.dump";
const found = (sizeBytes: number, text?: string): BackupFile => ({ path, sizeBytes, manifest: text });
const measured = { sizeBytes: 4096, sha256: "cd".repeat(32) };

/** @param reads how often the file may be read as a whole */
function portsWith(file: BackupFile | undefined, reads: number) {
  let left = reads;
  const measure: Backups["measure"] = () =>
    left-- > 0 ? Promise.resolve(measured) : Promise.reject(new Error("the file is read"));
  return { backups: { find: () => file, measure } as unknown as Backups };
}

const own = renderManifest(manifest());

test.each<[string, BackupFile | undefined, number, object]>([
  ["is told by its manifest, and not read", found(4096, own), 0, { sha256: "ab".repeat(32), manifest: manifest() }],
  ["of another size is not what was verified", found(4095, own), 0, { error: { code: "BACKUP_BROKEN" } }],
  ["without a manifest is read", found(4096), 1, { ...measured }],
  ["with a manifest that is none is read", found(4096, "{}"), 1, { ...measured }],
  ["without a manifest, and large, is not", found(2 ** 31), 0, { error: { code: "BACKUP_BROKEN" } }],
  ["that is not there", undefined, 0, { error: { code: "BACKUP_MISSING" } }],
])("a file %s", async (_name, file, reads, expected) => {
  const one = await candidateAt(path, portsWith(file, reads), signal);
  expect(one).toMatchObject(expected);
  if (!("error" in expected)) expect(one.error).toBeUndefined();
});

test("whoever restores it reads it first", async () => {
  const ports = portsWith(found(4096), 2);
  await checkContent(candidate({ sha256: measured.sha256 }), ports, signal);
  await expect(checkContent(candidate(), ports, signal)).rejects.toMatchObject({ code: "BACKUP_BROKEN" });
});
