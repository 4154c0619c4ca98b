import { describe, expect } from "vitest";
import {
  corpusFiles,
  corpusMigrations,
  expectedSchema,
  flatName,
  type CorpusMigration,
} from "../../support/corpus-migrations.ts";
import { hasCorpus } from "../../support/corpus.ts";
import { test } from "../../support/postgres.ts";
import { failureOf, migrations, pass, render, planOf, schemaOf, world } from "./kit.ts";

const real = ({ version }: CorpusMigration): string => version;
describe.skipIf(!hasCorpus)("real migrations", () => {
  // Two of langfuse's own timestamps each stand for two files, which is no version.
  test.for([
    { project: "crates-io", names: "its own versions", nameOf: real },
    { project: "crates-io", names: "plain numbers", nameOf: flatName },
    { project: "langfuse", names: "plain numbers", nameOf: flatName },
  ])(
    "$project with $names: the schema is the one that psql made, and the next plan is empty",
    async (row, { database }) => {
      await database.createLedger();
      const it = world(database, migrations(corpusFiles(row.project, row.nameOf)));
      const plan = await pass(it);
      expect(plan.length).toBe(corpusMigrations(row.project).length);
      expect(await schemaOf(database)).toBe(expectedSchema(row.project));
      expect(render(await planOf(it))).toEqual([]);
    },
  );

  const limits = { timeout: 400_000 };
  test("crates-io back and forth, one by one: what its files do is what is seen", limits, async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations(corpusFiles("crates-io", real)));
    const entries = corpusMigrations("crates-io");
    const seen: string[] = [];
    let before = "0";
    for (const { version, down_check: check } of entries) {
      const schemaBefore = await schemaOf(database);
      await pass(it, { target: version });
      const schemaAfter = await schemaOf(database);
      if (check === "down-fails") {
        const error = await failureOf(pass(it, { target: before, rollback: true }));
        seen.push(`${version} down-fails ${error.code} ${error.message.replace(/^[^:]*: /, "").split("\n")[0]}`);
      } else if (check === "down-empty") {
        // Its effect stays, so it is not run again: the ledger takes it for applied.
        await pass(it, { target: before, rollback: true });
        seen.push(`${version} ${(await schemaOf(database)) === schemaAfter ? "down-empty" : "changed"}`);
        await pass(it, { baseline: version });
      } else {
        await pass(it, { target: before, rollback: true });
        const isExact = (await schemaOf(database)) === schemaBefore;
        await pass(it, { target: version });
        const isSame = (await schemaOf(database)) === schemaAfter;
        seen.push(`${version} ${isExact ? "exact" : "inexact"}${isSame ? "" : "+reup-differs"}`);
      }
      before = version;
    }
    expect(seen).toEqual(
      entries.map(({ version, down_check: check, down_error: error }) =>
        check === "down-fails"
          ? `${version} down-fails MIGRATION_FAILED ${error?.split("\n")[0]}`
          : `${version} ${check}`,
      ),
    );
  });
});
