// How other tools keep their migrations: names, marks, order, and what runs outside of a transaction.
import { describe, expect, test } from "vitest";
import { projectFiles } from "../../../controller/adapters/files.ts";
import { detectFormats, listForeign, treeOf } from "../../../controller/config/migration-formats/formats.ts";
import { nameFor, rewritten } from "../../../controller/config/migration-formats/rewrite.ts";
import { listMigrations, readTexts } from "../../../controller/config/migrations.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import { convert, type Reading } from "../../../controller/resources/migration/import/reading.ts";
import type { ForeignFormat } from "../../../controller/resources/migration/import/formats.ts";
import { compareOrders, orderOf } from "../../../controller/resources/migration/version.ts";
import { corpusPath, hasCorpus, readCorpus } from "../../support/corpus.ts";
import { projectWith } from "../../support/project.ts";

const place = { file: ".poststack.yml", line: 1, column: 1 };
const inFolder = (files: Readonly<Record<string, string>>) =>
  projectWith(Object.fromEntries(Object.entries(files).map(([name, text]) => [`db/${name}`, text])));

/** `version name [back] [outside]` of each, and the codes of what is wrong with the file that it is about. */
function listed(format: ForeignFormat, files: Readonly<Record<string, string>>): readonly string[] {
  const project = inFolder(files);
  const { migrations, repeatable, errors } = listForeign(project.files, "db", format);
  const read = readTexts(project.files, migrations, place);
  return [
    ...read.migrations.map(({ version, name, rollbackFile, transactional }) =>
      [version, name, ...(rollbackFile === undefined ? [] : ["back"]), ...(transactional ? [] : ["outside"])].join(" "),
    ),
    ...repeatable.map(({ name }) => `again ${name}`),
    ...[...errors, ...read.errors].map(({ code, facts }) => `${code} ${facts.where?.file ?? ""}`),
  ];
}

const both = "-- migrate:up\nselect 1;\n-- migrate:down\nselect 2;\n";

describe("folders", () => {
  test.each<[string, ForeignFormat, Readonly<Record<string, string>>, readonly string[]]>([
    [
      "dbmate",
      "dbmate",
      { "20240101000000_a.sql": both, "2_b.sql": "-- migrate:up transaction:false\nvacuum;\n-- migrate:down\n" },
      ["2 2_b back outside", "20240101000000 20240101000000_a back"],
    ],
    [
      "dbmate: what does not begin with digits is not looked at",
      "dbmate",
      { "schema.sql": "", "readme.md": "", "1.sql": both },
      ["1 1 back"],
    ],
    ["dbmate: a file without marks", "dbmate", { "1_a.sql": "select 1;" }, ["MIGRATION_HEADER db/1_a.sql"]],
    ["dbmate: only forward", "dbmate", { "1_a.sql": "-- migrate:up\nselect 1;" }, ["1 1_a"]],
    [
      "golang-migrate",
      "golang-migrate",
      { "1_a.up.sql": "", "1_a.down.sql": "", "10_c.up.sql": "", "9_b.up.sql": "create index concurrently i on t (n)" },
      ["1 1_a back", "9 9_b outside", "10 10_c"],
    ],
    [
      "golang-migrate: one number twice",
      "golang-migrate",
      { "1_a.up.sql": "", "01_b.up.sql": "" },
      ["01 01_b", "MIGRATION_NAME db/1_a.up.sql"],
    ],
    ["golang-migrate: only the way back", "golang-migrate", { "1_a.down.sql": "" }, ["MIGRATION_NAME db/1_a.down.sql"]],
    ["golang-migrate: another language", "golang-migrate", { "1_a.up.go": "" }, ["MIGRATION_NAME db/1_a.up.go"]],
    [
      "flyway: parts of versions are numbers",
      "flyway",
      {
        "V1.10__c.sql": "",
        "V1_9__b.sql": "",
        "V1__a.sql": "",
        "U1__a.sql": "",
        "sub/V2__d.sql": "",
        "R__view.sql": "",
      },
      ["1 V1__a back", "1.9 V1_9__b", "1.10 V1.10__c", "2 V2__d", "again view"],
    ],
    [
      "flyway: its settings and its statements say what runs outside",
      "flyway",
      {
        "V1__a.sql": "select 1",
        "V1__a.sql.conf": "executeInTransaction=false",
        "V2__b.sql": "create index concurrently i on t (n)",
        "V3__c.sql": "-- concurrently\nselect 'create index concurrently'",
      },
      ["1 V1__a outside", "2 V2__b outside", "3 V3__c"],
    ],
    [
      "flyway: programs and placeholders",
      "flyway",
      { "V1__a.java": "", "V2__b.sql": "select '${x}'" },
      ["2 V2__b", "MIGRATION_NAME db/V1__a.java", "MIGRATION_META_COMMAND db/V2__b.sql"],
    ],
    [
      "node-pg-migrate",
      "node-pg-migrate",
      {
        "1600000000000_a.sql": "-- Up Migration\nselect 1;\n-- Down Migration\nselect 2;",
        "1600000000001_b.sql": "select 1;",
        "1600000000002-c.up.sql": "",
        "1600000000002-c.down.sql": "",
      },
      ["1600000000000 1600000000000_a back", "1600000000001 1600000000001_b", "1600000000002 1600000000002-c back"],
    ],
    [
      "node-pg-migrate: its way back alone would run behind nothing",
      "node-pg-migrate",
      { "1_a.sql": "drop table t;\n-- Down Migration\n" },
      ["MIGRATION_HEADER db/1_a.sql"],
    ],
    [
      "node-pg-migrate: a program",
      "node-pg-migrate",
      { "1600000000000_a.js": "" },
      ["MIGRATION_NAME db/1600000000000_a.js"],
    ],
    [
      "diesel",
      "diesel",
      {
        "2024-01-31-120000_a/up.sql": "",
        "2024-01-31-120000_a/down.sql": "",
        "00000000000000_setup/up.sql": "",
        "2024-02-01-000000-0000_b/up.sql": "",
        "2024-02-01-000000-0000_b/metadata.toml": "run_in_transaction = false",
      },
      [
        "00000000000000 00000000000000_setup",
        "2024-01-31-120000 2024-01-31-120000_a back",
        "2024-02-01-000000-0000 2024-02-01-000000-0000_b outside",
      ],
    ],
    [
      "prisma",
      "prisma",
      {
        "0_init/migration.sql": "",
        "20240101000000_a/migration.sql": "",
        "20240101000000_a/down.sql": "",
        "migration_lock.toml": "",
      },
      ["0 0_init", "20240101000000 20240101000000_a back"],
    ],
    [
      "prisma: of two with one number the name decides",
      "prisma",
      {
        "20240101000000_b/migration.sql": "",
        "20240101000000_a/migration.sql": "",
        "20240101000001_c/migration.sql": "",
      },
      ["20240101000000 20240101000000_a", "20240101000000.2 20240101000000_b", "20240101000001 20240101000001_c"],
    ],
    [
      "prisma: a folder without a number",
      "prisma",
      { "init/migration.sql": "" },
      ["MIGRATION_NAME db/init/migration.sql"],
    ],
    [
      "sqitch: the plan is the order, and an older one of a name has its tag",
      "sqitch",
      {
        "sqitch.plan":
          "%project=x\nb 2024-01-01T00:00:00Z A <a@b>\n@v1 2024-01-01T00:00:00Z A <a@b>\na [b] 2024-01-01T00:00:00Z A <a@b>\n# b\nb [b@v1] 2024-01-01T00:00:00Z A <a@b>",
        "deploy/b@v1.sql": "",
        "deploy/a.sql": "",
        "revert/a.sql": "",
        "deploy/b.sql": "",
      },
      ["001 b@v1", "002 a back", "003 b"],
    ],
    [
      "sqitch: a script that is not there",
      "sqitch",
      { "sqitch.plan": "a 2024-01-01T00:00:00Z A <a@b>" },
      ["FILE_MISSING db/sqitch.plan"],
    ],
    ["sqitch: no plan", "sqitch", { "deploy/a.sql": "" }, ["FILE_MISSING db/sqitch.plan"]],
  ])("%s", (_name, format, files, expected) => {
    expect(listed(format, files)).toEqual(expected);
  });
});

describe("what of a text runs", () => {
  const dbmate: Reading = { sections: "dbmate", outside: "no" };
  const node: Reading = { sections: "node-pg-migrate", outside: "no" };
  const outside: Reading = { outside: "if-needed" };
  test.each<[string, Reading, "up" | "down", string, string | undefined]>([
    [
      "dbmate up: to the mark of down",
      dbmate,
      "up",
      "-- why\n-- migrate:up\na;\n-- migrate:down\nb;",
      "-- why\n-- migrate:up\na;\n",
    ],
    [
      "dbmate down: its lines stay where they are",
      dbmate,
      "down",
      "-- migrate:up\na;\n-- migrate:down\nb;",
      "\n\n-- migrate:down\nb;",
    ],
    [
      "dbmate outside of a transaction: our header is in the place of the mark",
      dbmate,
      "up",
      "-- migrate:up transaction:false\na;\n-- migrate:down\n",
      "-- poststack: no-transaction\na;\n",
    ],
    [
      "dbmate: a word that begins like a mark",
      dbmate,
      "up",
      "-- migrate:up\n-- migrate:downward\na;\n",
      "-- migrate:up\n-- migrate:downward\na;\n",
    ],
    [
      "node-pg-migrate: what stands above the first mark does not run",
      node,
      "up",
      "x;\n-- Up Migration\na;\n-- Down Migration\nb;",
      "\n-- Up Migration\na;\n",
    ],
    [
      "node-pg-migrate: the way back first",
      node,
      "up",
      "--- down migration\nb;\n-- UP MIGRATION\na;",
      "\n\n-- UP MIGRATION\na;",
    ],
    [
      "node-pg-migrate: and from there the way back",
      node,
      "down",
      "--- down migration\nb;\n-- UP MIGRATION\na;",
      "--- down migration\nb;\n",
    ],
    ["no marks: all of it", node, "up", "a;", "a;"],
    ["no marks: no way back", node, "down", "a;", undefined],
    [
      "a statement that cannot be in a transaction",
      outside,
      "up",
      "drop index concurrently i;",
      "-- poststack: no-transaction\ndrop index concurrently i;",
    ],
    [
      "with our header already",
      outside,
      "up",
      "-- poststack: no-transaction\nvacuum;",
      "-- poststack: no-transaction\nvacuum;",
    ],
    [
      "the word in a string and in a body",
      outside,
      "up",
      "select 'vacuum'; do $$ vacuum $$;",
      "select 'vacuum'; do $$ vacuum $$;",
    ],
    [
      "other statements of the same beginning",
      outside,
      "up",
      "create table system (n int); refresh materialized view concurrently m;",
      "create table system (n int); refresh materialized view concurrently m;",
    ],
  ])("%s", (_name, reading, way, text, expected) => {
    expect(convert(text, reading, way, "f.sql")?.text).toBe(expected);
  });

  test.each([
    "create table t (n int);\n-- migrate:up\na;\n-- migrate:down\n",
    "-- migrate:down\nb;\n-- migrate:up\na;",
    "a;",
  ])("dbmate refuses %j, and so do we", (text) => {
    expect(() => convert(text, dbmate, "up", "f.sql")).toThrow(PoststackError);
  });
});

describe("versions with dots", () => {
  test.each([
    ["1", "1.1"],
    ["1.1", "1.2"],
    ["1.9", "1.10"],
    ["1.9.9", "1.10"],
    ["1.10", "2"],
    ["1.20240101120000", "1.20240101120001"],
    ["2024.1", "2024.1.1"],
  ])("%s is before %s", (a, b) => {
    expect(compareOrders(orderOf(a), orderOf(b))).toBeLessThan(0);
  });

  test.each([
    ["1.0", "1"],
    ["1.1.0.0", "1.1"],
    ["1.01", "1.1"],
    ["01.1", "1.1"],
  ])("%s is %s", (a, b) => {
    expect(orderOf(a)).toBe(orderOf(b));
  });
});

describe("whose folder it is", () => {
  test.each<[ForeignFormat, Readonly<Record<string, string>>]>([
    ["dbmate", { "1_a.sql": both }],
    ["golang-migrate", { "1_a.up.sql": "", "1_a.down.sql": "" }],
    ["flyway", { "V1__a.sql": "" }],
    ["node-pg-migrate", { "1_a.sql": "-- Up Migration\n" }],
    ["sqitch", { "sqitch.plan": "" }],
    ["diesel", { "2024-01-31-120000_a/up.sql": "" }],
    ["prisma", { "20240101000000_a/migration.sql": "" }],
  ])("%s", (format, files) => {
    expect(detectFormats(treeOf(inFolder(files).files, "db"))).toEqual([format]);
  });

  test("one of ours is nobody's", () => {
    expect(detectFormats(treeOf(inFolder({ "001_a.sql": "select 1;" }).files, "db"))).toEqual([]);
  });
});

describe("written as ordinary files", () => {
  test.each([
    ["20240101000000", "20240101000000_users", "20240101000000_users"],
    ["1.2", "V1_2__add_users", "1.2_add_users"],
    ["001", "users@v1", "001_users@v1"],
    ["002", "app/users", "002_app-users"],
    ["20240101", "20240101-users", "20240101_users"],
    ["20240101000000", "20240101000000", "20240101000000_migration"],
    ["2024-01-31-120000", "2024-01-31-120000_a", "2024-01-31-120000_a"],
    ["1", "12_monkeys", "1_12_monkeys"],
    ["20240101000000.2", "20240101000000_b", "20240101000000.2_b"],
    ["20240101000000.2", "20240102_b", "20240101000000.2_20240102_b"],
  ])("version %s of %s is %s", (version, name, expected) => {
    expect(nameFor({ version, name })).toBe(expected);
  });

  test("the names are ours, the way back begins with its first line, and repeatable ones have their folder", () => {
    const files = rewritten(
      "new",
      [
        { migration: { version: "1.2", name: "V1.2__a" }, forward: "a;", back: "\n\nb;" },
        { migration: { version: "001", name: "users@v1" }, forward: "c;", back: undefined },
      ],
      [{ name: "view", text: "d;" }],
    );
    expect([...files]).toEqual([
      ["new/1.2_a.sql", "a;"],
      ["new/1.2_a.rollback.sql", "b;"],
      ["new/001_users@v1.sql", "c;"],
      ["new/repeatable/view.sql", "d;"],
    ]);
    const project = projectWith(Object.fromEntries(files));
    expect(listMigrations(project.files, "new").errors).toEqual([]);
  });
});

interface Index {
  readonly migrations: readonly { readonly up: string }[];
}

describe.each([
  ["crates-io", "diesel", 285],
  ["langfuse", "prisma", 434],
] as const)("the corpus %s", (name, format, count) => {
  const folder = corpusPath(`migrations/${name}/sql`);
  test.runIf(hasCorpus)(`is read as ${format}, all of it, in the order of its folders`, () => {
    const { migrations, errors } = listForeign(projectFiles(folder), ".", format);
    expect(errors).toEqual([]);
    expect(migrations).toHaveLength(count);
    const { migrations: index } = readCorpus("migrations", name, "index.json") as Index;
    expect(migrations.map(({ file }) => `./${file}`.replace("././", "./"))).toEqual(
      index.map(({ up }) => up.replace(/^sql/, ".")),
    );
  });
});
