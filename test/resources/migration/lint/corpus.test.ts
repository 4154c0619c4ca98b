import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sqlParser } from "../../../../controller/adapters/sql-parser.ts";
import { examiner } from "../../../../controller/resources/migration/lint/examine.ts";
import { corpusPath, hasCorpus } from "../../../support/corpus.ts";

/** The one file of the corpora that Postgres refuses, too: a semicolon is missing. */
const broken = "crates-io/sql/20170318181441_downloads_need_no_id/down.sql";

test.skipIf(!hasCorpus)("real migrations: no text that Postgres accepts is called wrong", async () => {
  const root = corpusPath("migrations");
  const paths = readdirSync(root, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith(".sql") && path !== "snapshot.sql" && statSync(join(root, path)).isFile());
  expect(paths.length).toBeGreaterThan(719);
  const examine = examiner({ isChain: false });
  const found = [];
  for (const file of paths) {
    const text = readFileSync(join(root, file), "utf8");
    const parsed = await sqlParser.parse(text, { bodies: true });
    found.push(...examine({ source: { file, text }, transactional: true, parsed }));
  }
  expect(found.filter(({ rule }) => rule === "syntax").map(({ place }) => place.file)).toEqual([broken]);
  // Commands are cut where the file has them: no recipe repeats a whole statement of several commands.
  expect(found.filter(({ rule }) => rule === "unused-allow")).toEqual([]);
  expect(found.length).toBeGreaterThan(500);
});
