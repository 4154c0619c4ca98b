import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, inject } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { postgres } from "../../../controller/adapters/postgres.ts";
import { sqlParser } from "../../../controller/adapters/sql-parser.ts";
import { compareCatalogs } from "../../../controller/core/catalog/compare.ts";
import { describeDifference } from "../../../controller/core/catalog/describe.ts";
import { readCatalog } from "../../../controller/core/catalog/read.ts";
import { renderSchema } from "../../../controller/core/catalog/render.ts";
import type { EnginePorts } from "../../../controller/engine/converge.ts";
import { replay, type RecordedMigration } from "../../../controller/engine/replay.ts";
import { programOfServer } from "../../support/cluster.ts";
import { corpusMigrations, corpusText, expectedSchema, flatName } from "../../support/corpus-migrations.ts";
import { corpusPath, hasCorpus } from "../../support/corpus.ts";
import { test } from "../../support/postgres.ts";
import { asRestored, away, beside } from "./kit.ts";

const migrationsOf = (corpus: string): readonly RecordedMigration[] =>
  corpusMigrations(corpus).map((one, index) => {
    const [order, name] = [String(index + 1), flatName(one)];
    return { version: order, order, name, file: one.flat_name, text: corpusText(corpus, one.up, one.transaction) };
  });

const [psql, dump] = [programOfServer("psql"), programOfServer("pg_dump")];

describe.skipIf(!hasCorpus)("the schemas of real applications", () => {
  test.for(["crates-io", "langfuse"])("%s", { timeout: 120_000 }, async (corpus, { database }) => {
    const { endpoint, signal } = database;
    const ports = { postgres: postgres("poststack-test"), clock, parser: sqlParser } as unknown as EnginePorts;
    const migrations = migrationsOf(corpus);
    const snapshot = readFileSync(corpusPath("migrations/snapshot.sql"), "utf8").replace(/;\s*$/, "");
    const expected = expectedSchema(corpus);
    const [live, restored, dumped] = [
      await beside(database, "live", "owner"),
      await beside(database, "restored", "owner"),
      await beside(database, "dumped", "owner"),
    ];
    try {
      // As psql runs them: by another way than the shadow's.
      for (const { text } of migrations) await live.session.query(text, [], signal);
      expect(await live.text(snapshot)).toBe(expected);
      const catalog = await live.catalog();

      const made = await replay({ migrations, extensions: [] }, { ...endpoint, database: live.name }, ports, signal);
      expect(compareCatalogs(made, catalog).map(describeDifference)).toEqual([]);
      expect(
        // Those of other tests, which run at the same time, belong to somebody else.
        await database.column(
          "select datname from pg_database where datname like 'poststack\\_shadow\\_%' and datdba = $1::text::regrole",
          [endpoint.owner.user],
        ),
      ).toEqual([]);

      const schema = renderSchema(catalog);
      expect(renderSchema(made)).toBe(schema);
      await restored.run(schema);
      await restored.session.query("reset all", [], signal);
      expect(await restored.text(snapshot)).toBe(expected);
      expect(await readCatalog(restored.session, signal)).toEqual(asRestored(catalog));

      if (psql === undefined || dump === undefined) return;
      const connection = ["-h", endpoint.host, "-p", String(endpoint.port), "-U", "postgres"];
      const environment = { ...process.env, PGPASSWORD: inject("postgres").password };
      const run = (program: string, args: readonly string[], input = ""): string => {
        const options = { input, env: environment, encoding: "utf8", maxBuffer: 2 ** 26 } as const;
        const result = spawnSync(program, [...connection, ...args], options);
        if (result.status !== 0) throw new Error(result.stderr);
        return result.stdout;
      };
      const theirs = run(dump, ["--schema-only", live.name]);
      run(psql, ["-q", "-v", "ON_ERROR_STOP=1", "-d", dumped.name], theirs);
      expect(renderSchema(await dumped.catalog())).toBe(schema);
    } finally {
      await away(database, live, restored, dumped);
    }
  });
});
