import { describe, expect, test } from "vitest";
import { listMigrations, readMigrations, readTexts } from "../../controller/config/migrations.ts";
import { PoststackErrors } from "../../controller/core/errors.ts";
import { projectWith } from "../support/project.ts";
import { cacheOf, hasStamps } from "../support/text-cache.ts";
import { ensureState, projectOf, wishOf } from "./desired/wish.ts";

const place = { file: ".poststack.yml", line: 3, column: 15 };
const folderOf = (contents: Readonly<Record<string, string>>) =>
  projectWith(Object.fromEntries(Object.entries(contents).map(([name, text]) => [`migrations/${name}`, text])));
const named = (names: readonly string[]) => folderOf(Object.fromEntries(names.map((name) => [name, ""])));

/** Name, phase, whether it is one transaction, and its rollback. */
const told = (project: ReturnType<typeof projectWith>): readonly string[] =>
  readMigrations(project.files, "migrations", place).map(({ name, phase = "-", transactional, rollbackFile }) =>
    [name, phase, ...(transactional ? [] : ["many"]), ...(rollbackFile === undefined ? [] : ["and back"])].join(" "),
  );

function errorsOf(project: ReturnType<typeof projectWith>): readonly string[] {
  try {
    return told(project);
  } catch (error) {
    if (!(error instanceof PoststackErrors)) throw error;
    return error.errors.map(({ code, facts }) => `${code} ${facts.what}`);
  }
}

describe("three files of a version", () => {
  test("come one after the other, each with its own way back", () => {
    const names = [
      "013_c.sql",
      "012_b.contract.sql",
      "012_b.expand.sql",
      "012_b.expand.rollback.sql",
      "012_b.backfill.sql",
      "012_b.backfill.down.sql",
      "011_a.sql",
    ];
    expect(told(named(names))).toEqual([
      "011_a -",
      "012_b.expand expand and back",
      "012_b.backfill backfill many and back",
      "012_b.contract contract",
      "013_c -",
    ]);
  });

  test.each<[string, readonly string[], string]>([
    [
      "of two names",
      ["012_b.expand.sql", "012_c.contract.sql"],
      "migrations/012_b.expand.sql and migrations/012_c.contract.sql both are version",
    ],
    [
      "beside one that is no phase",
      ["012_b.sql", "012_c.contract.sql"],
      "migrations/012_b.sql and migrations/012_c.contract.sql both are version",
    ],
    ["twice the same", ["012_b.contract.sql", "0012_b.contract.sql"], "both are version"],
    ["a way back of a phase that is not there", ["012_b.sql", "012_b.contract.rollback.sql"], "rolls back a migration"],
  ])("%s: refused", (_name, names, expected) => {
    expect(errorsOf(named(names))).toEqual([expect.stringMatching(`MIGRATION_NAME .*${expected}`)]);
  });
});

describe("a line at the top", () => {
  test.each([
    ["-- poststack: phase expand\nselect 1", "001_a expand"],
    ["-- poststack: phase contract\n-- poststack: no-transaction\nselect 1", "001_a contract many"],
    ["-- poststack: phase backfill\n-- poststack: batch 5\n-- poststack: key id\nselect 1", "001_a backfill many"],
    ["select 1;\n-- poststack: phase expand", "001_a -"],
  ])("%j", (text, expected) => {
    expect(told(folderOf({ "001_a.sql": text }))).toEqual([expected]);
  });

  test.each([
    ["001_a.sql", "-- poststack: phase shrink", "`-- poststack: phase shrink` means nothing"],
    ["001_a.sql", "-- poststack: batch many", "`-- poststack: batch many` means nothing"],
    ["001_a.sql", "-- poststack: batch 5", "migrations/001_a.sql says how a backfill goes, and not that it is one"],
    [
      "001_a.expand.sql",
      "-- poststack: phase contract",
      "migrations/001_a.expand.sql is of phase expand, and its header is one of phase contract",
    ],
    [
      "001_a.contract.sql",
      "-- poststack: key id",
      "migrations/001_a.contract.sql is of phase contract, and its header is one of phase backfill",
    ],
  ])("%s with %j is refused", (name, text, expected) => {
    expect(errorsOf(folderOf({ [name]: text }))).toEqual([`MIGRATION_HEADER ${expected}`]);
  });
});

test.runIf(hasStamps)("what was kept of a text is what it says", () => {
  const header = (...lines: readonly string[]): string => lines.map((line) => `-- poststack: ${line}\n`).join("");
  const project = folderOf({
    "1_a.sql": "",
    "2_b.sql": header("no-transaction"),
    "3_c.sql": header("phase expand"),
    "4_d.sql": header("phase expand", "no-transaction"),
    "5_e.sql": header("phase backfill"),
    "6_f.contract.sql": "",
    "7_g.sql": header("phase contract", "no-transaction"),
  });
  const read = (cache: ReturnType<typeof cacheOf>) => {
    const { migrations } = listMigrations(project.files, "migrations");
    const found = readTexts(project.files, migrations, place, cache).migrations;
    cache.save();
    return found;
  };
  const kept = projectWith().root;
  const first = read(cacheOf(kept, project.root));
  const again = cacheOf(kept, project.root);
  expect(read(again)).toEqual(first);
  expect(again.wasOfUse()).toBe(true);
  expect(first.map(({ phase, transactional }) => [phase, transactional])).toEqual([
    [undefined, true],
    [undefined, false],
    ["expand", true],
    ["expand", false],
    ["backfill", false],
    ["contract", true],
    ["contract", false],
  ]);
});

describe("what a contract waits for", () => {
  const files = { Procfile: "web: node web.mjs\n", "migrations/001_a.sql": "select 1;" };
  const contract = {
    ...files,
    "migrations/002_b.contract.sql": "",
    "migrations/003_c.sql": "-- poststack: phase contract",
  };
  const config = "deployment: { procfile: Procfile }";

  test("the migrations are told what is deployed beside them", async () => {
    const { resources } = await wishOf(projectOf(config, files));
    const [web] = resources.process;
    expect(resources.migration[0]?.deployment).toEqual({
      parts: [{ id: "process:web", service: "web", config: web?.configHash }],
      hasContainers: false,
    });
    const alone = await wishOf(projectOf(config, files), { skipDeployment: true });
    expect(alone.resources.migration[0]?.deployment).toEqual({ hasContainers: false });
  });

  test("a process keeps which contracts there were, and is no other one by that", async () => {
    const project = projectOf(config, files);
    await ensureState(project);
    const [before] = (await wishOf(project)).resources.process;
    for (const [path, text] of Object.entries(contract)) project.write(path, text);
    const [after] = (await wishOf(project)).resources.process;
    const orders = (await wishOf(project)).resources.migration[0]?.files.slice(1).map(({ order }) => order);
    expect(before?.fields.has("contracts")).toBe(false);
    expect(after?.fields.get("contracts")).toBe(orders?.join(" "));
    expect(after?.configHash).toBe(before?.configHash);
  });
});
