import { execFileSync } from "node:child_process";
import { existsSync, linkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { listMigrations, readTexts } from "../../controller/config/migrations.ts";
import type { Files, TextCache } from "../../controller/core/ports/files.ts";
import { projectWith } from "../support/project.ts";
import { cacheOf, hasStamps, nextTick } from "../support/text-cache.ts";

const place = { file: ".poststack.yml", line: 1, column: 1 };

/** Of one length but for two, with a header, with a wrong one, and with what a checksum does not see. */
const texts = ["select 1;\n", "select 2;\n", "select 1;\r\n", "-- poststack: no-transaction\n", "-- poststack: x\n"];
const names = ["1_a.sql", "2_b.sql", "3_c.sql", "3_c.rollback.sql"];

const file = fc.constantFrom(...names);
const text = fc.constantFrom(...texts);
const edit = fc.oneof(
  fc.record({ does: fc.constant("write" as const), file, text, keepsTime: fc.boolean() }),
  fc.record({ does: fc.constant("replace" as const), file, text, keepsTime: fc.boolean() }),
  fc.record({ does: fc.constantFrom("rename" as const, "hard link" as const, "link" as const), file, other: file }),
  fc.record({ does: fc.constantFrom("remove" as const, "nothing" as const), file, other: file }),
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function carryOut(folder: string, it: Edit): void {
  const path = join(folder, it.file);
  const reference = join(folder, ".times");
  if (existsSync(path)) execFileSync("touch", ["-r", path, reference]);
  else rmSync(reference, { force: true });
  const times = existsSync(reference) ? reference : undefined;
  if (it.does === "write" || it.does === "replace") {
    const target = it.does === "write" ? path : join(folder, ".new");
    writeFileSync(target, it.text);
    if (it.keepsTime && times !== undefined) execFileSync("touch", ["-r", times, target]);
    if (target !== path) renameSync(target, path);
  } else if (it.does === "remove") {
    rmSync(path, { force: true });
  } else if (it.does !== "nothing" && it.file !== it.other && existsSync(path)) {
    const other = join(folder, it.other);
    rmSync(other, { force: true });
    if (it.does === "rename") renameSync(path, other);
    else if (it.does === "link") symlinkSync(it.file, other);
    else linkSync(path, other);
  }
}

/** What the folder holds, with all that is wrong with it, as text. */
function read(files: Files, cache?: TextCache): string {
  const listed = listMigrations(files, "migrations");
  const { migrations, errors } = readTexts(files, listed.migrations, place, cache);
  return JSON.stringify({ migrations, errors: errors.map(({ facts }) => facts) }, undefined, 1);
}

test.skipIf(!hasStamps)("whatever is done to the files, with a cache they say the same as without", () => {
  const recalled = { times: 0 };
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), (edits) => {
      const { root, files } = projectWith({ "migrations/1_a.sql": "select 1;\n", "migrations/2_b.sql": "" });
      for (const one of [undefined, ...edits]) {
        if (one !== undefined) carryOut(join(root, "migrations"), one);
        nextTick(root);
        const cache = cacheOf(join(root, "cache"), root);
        expect(read(files, cache)).toBe(read(files));
        cache.save();
        if (cache.wasOfUse()) recalled.times++;
      }
    }),
    { numRuns: 60 },
  );
  expect(recalled.times).toBeGreaterThan(50);
});

test.skipIf(!hasStamps)("what another version has kept of a file is read anew", () => {
  const { root, files } = projectWith({ "migrations/1_a.sql": "select 1;\n" });
  nextTick(root);
  const { stamp } = files.readStamped("migrations/1_a.sql", { limitBytes: 100 });
  if (stamp === undefined) throw new Error("it has none");
  for (const fact of ["", "t", "x".repeat(65), `t${"0".repeat(65)}`]) {
    const kept = cacheOf(join(root, "cache"), root);
    kept.keep("migrations/1_a.sql", stamp, fact);
    kept.save();
    expect(read(files, cacheOf(join(root, "cache"), root))).toBe(read(files));
  }
});
