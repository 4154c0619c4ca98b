import { expect, test } from "vitest";
import type { BackupFile, Backups } from "../../../controller/core/ports/backups.ts";
import { backupsIn, brokenIn } from "../../../controller/resources/backup/folder.ts";
import { renderManifest } from "../../../controller/resources/backup/manifest.ts";
import { desiredBackup, manifest } from "./kit.ts";

const own = renderManifest(manifest());
const seen = (sizeBytes: number, text?: string): BackupFile => ({ path: "/b/a.dump", sizeBytes, manifest: text });

test.each<[string, BackupFile, "backup" | "broken" | "nothing"]>([
  ["of the size that was verified is a backup", seen(4096, own), "backup"],
  ["that was cut is broken", seen(4095, own), "broken"],
  ["that has grown is broken", seen(4097, own), "broken"],
  ["that is empty is broken", seen(0, own), "broken"],
  ["with half a manifest is broken", seen(4096, own.slice(0, 80)), "broken"],
  ["without a manifest was never verified", seen(4096), "nothing"],
  ["of another environment is its own", seen(4095, renderManifest(manifest({ environment: "prod" }))), "nothing"],
  ["of another project is its own", seen(4095, renderManifest(manifest({ project: "blog" }))), "nothing"],
])("a file %s", (_name, file, expected) => {
  const ports = { backups: { list: () => [file] } as unknown as Backups };
  const names = (found: readonly { readonly name: string }[]): readonly string[] => found.map(({ name }) => name);
  expect(names(backupsIn(desiredBackup(), ports))).toEqual(expected === "backup" ? ["a.dump"] : []);
  expect(names(brokenIn(desiredBackup(), ports))).toEqual(expected === "broken" ? ["a.dump"] : []);
});
