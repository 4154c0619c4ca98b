import { describe, expect } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { projectFiles } from "../../../controller/adapters/files.ts";
import { postgres } from "../../../controller/adapters/postgres.ts";
import { sqlParser } from "../../../controller/adapters/sql-parser.ts";
import { readMigrations } from "../../../controller/config/migrations.ts";
import type { RehearsedMigration } from "../../../controller/core/rehearsal.ts";
import type { EnginePorts } from "../../../controller/engine/converge.ts";
import { beside } from "../../../controller/engine/rehearsal/beside.ts";
import { readParts } from "../../../controller/engine/rehearsal/parts.ts";
import { thereAndBack } from "../../../controller/engine/rehearsal/there-and-back.ts";
import { corpusFiles, corpusMigrations, flatName } from "../../support/corpus-migrations.ts";
import { hasCorpus } from "../../support/corpus.ts";
import { test, type TestDatabase } from "../../support/postgres.ts";
import { projectWith } from "../../support/project.ts";

/** Which the corpus takes for exact: its snapshot does not see that the function has lost its `set search_path`. */
const seenBetter = new Map([["0182_fix_int_type_in_to_semver_no_prerelease.sql", "inexact"]]);

/** All migrations of a project of the corpus, from nothing. */
async function rehearsed(project: string, { endpoint, signal }: TestDatabase): Promise<readonly RehearsedMigration[]> {
  const { root } = projectWith(corpusFiles(project, flatName, "migrations/"));
  const files = projectFiles(root);
  const ports = { postgres: postgres("poststack-test"), clock, parser: sqlParser, files } as unknown as EnginePorts;
  const place = { file: ".poststack.yml", line: 1, column: 1 };
  const { parts, texts } = await readParts(
    { pending: readMigrations(files, "migrations", place), repeats: [], held: [], rollbacks: [] },
    new Set(),
    files,
    sqlParser,
  );
  const original = { endpoint, extensions: [], texts, rowStatements: [] };
  const { migrations, failure } = await thereAndBack(parts, (run) => beside(original, ports, signal, run));
  expect(failure).toBeUndefined();
  return migrations;
}

describe.skipIf(!hasCorpus)("the rollbacks of real applications", () => {
  test("crates-io: each is as it was found by hand", { timeout: 300_000 }, async ({ database }) => {
    const found = await rehearsed("crates-io", database);
    const words = { exact: "exact", inexact: "inexact", empty: "down-empty", missing: "missing", fails: "down-fails" };
    const told = found.map(({ rollback = "missing", error, again }) => {
      const verdict = words[rollback] + (again === undefined ? "" : "+reup-differs");
      return error === undefined ? verdict : `${verdict} ${error.what.replace(/^[^:]*: /, "")}`;
    });
    const expected = corpusMigrations("crates-io").map(
      ({ flat_name: name, down_check: check, down_error: error = "" }) =>
        check === "down-fails" ? `${check} ${error.split("\n")[0]}` : (seenBetter.get(name) ?? check),
    );
    expect(told).toEqual(expected);
    expect(expected.filter((one) => one?.startsWith("down-fails")).length).toBeGreaterThan(0);
  });

  test("langfuse has none", { timeout: 300_000 }, async ({ database }) => {
    const found = await rehearsed("langfuse", database);
    expect(found.map(({ rollback }) => rollback)).toEqual(corpusMigrations("langfuse").map(() => "missing"));
  });
});
