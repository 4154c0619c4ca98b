import { readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { corpusPath, hasCorpus, readCorpus } from "../../support/corpus.ts";
import { test } from "../../support/postgres.ts";
import { failureOf, migrations, pass, render, planOf, schemaOf, world } from "./kit.ts";

interface Entry {
  readonly version: string;
  readonly up: string;
  readonly down?: string;
  readonly transaction: boolean;
  readonly down_check?: string;
  readonly down_error?: string;
  readonly flat_name: string;
}

const entriesOf = (project: string): readonly Entry[] =>
  (readCorpus("migrations", project, "index.json") as { readonly migrations: readonly Entry[] }).migrations;

const header = "-- poststack: no-transaction\n";
/** Rollbacks have no mark of their own in the index. */
const needsHeader = (text: string): boolean => /^\s*(?:create|drop)\s+(?:unique\s+)?index\s+concurrently/im.test(text);
function textOf(project: string, path: string, isTransactional: boolean | undefined): string {
  const text = readFileSync(corpusPath("migrations", project, path), "utf8");
  return (isTransactional ?? !needsHeader(text)) ? text : header + text;
}

const filesOf = (project: string, nameOf: (entry: Entry) => string): Record<string, string> =>
  Object.fromEntries(
    entriesOf(project).flatMap((entry) => [
      [`${nameOf(entry)}.sql`, textOf(project, entry.up, entry.transaction)],
      ...(entry.down === undefined ? [] : [[`${nameOf(entry)}.rollback.sql`, textOf(project, entry.down, undefined)]]),
    ]),
  );

const real = ({ version }: Entry): string => version;
const flat = ({ flat_name: name }: Entry): string => name.replace(/\.sql$/, "");
const expected = (project: string): string =>
  readFileSync(corpusPath("migrations", project, "expected-schema.txt"), "utf8").trimEnd();

describe.skipIf(!hasCorpus)("real migrations", () => {
  // Two of langfuse's own timestamps each stand for two files, which is no version.
  test.for([
    { project: "crates-io", names: "its own versions", nameOf: real },
    { project: "crates-io", names: "plain numbers", nameOf: flat },
    { project: "langfuse", names: "plain numbers", nameOf: flat },
  ])(
    "$project with $names: the schema is the one that psql made, and the next plan is empty",
    async (row, { database }) => {
      await database.createLedger();
      const it = world(database, migrations(filesOf(row.project, row.nameOf)));
      const plan = await pass(it);
      expect(plan.length).toBe(entriesOf(row.project).length);
      expect(await schemaOf(database)).toBe(expected(row.project));
      expect(render(await planOf(it))).toEqual([]);
    },
  );

  test("crates-io back and forth, one by one: what its files do is what is seen", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations(filesOf("crates-io", real)));
    const entries = entriesOf("crates-io");
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
