import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readMigrations } from "../../controller/config/migrations.ts";
import { PoststackErrors } from "../../controller/core/errors.ts";
import { corpusPath, hasCorpus, readCorpus } from "../support/corpus.ts";
import { projectWith } from "../support/project.ts";

const place = { file: ".poststack.yml", line: 3, column: 15 };
const folderOf = (contents: Readonly<Record<string, string | Buffer>>) =>
  projectWith(Object.fromEntries(Object.entries(contents).map(([name, text]) => [`migrations/${name}`, text])));
const named = (...names: readonly string[]) => folderOf(Object.fromEntries(names.map((name) => [name, "select 1;"])));
const read = (project: ReturnType<typeof projectWith>) => readMigrations(project.files, "migrations", place);

const checksum = (text: string | Buffer) => read(folderOf({ "1_a.sql": text }))[0]?.checksum;

describe("names and order", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["none", [], []],
    ["plain numbers", ["002_b.sql", "001_a.sql"], ["1 001_a", "2 002_b"]],
    [
      "numbers of different length",
      ["10_c.sql", "9_b.sql", "0100_d.sql", "1_a.sql"],
      ["1 1_a", "9 9_b", "10 10_c", "100 0100_d"],
    ],
    ["a rollback beside it", ["001_a.sql", "001_a.rollback.sql"], ["1 001_a ← 001_a.rollback.sql"]],
    ["up and down", ["001_a.up.sql", "001_a.down.sql"], ["1 001_a ← 001_a.down.sql"]],
    ["mixed forms", ["001_a.up.sql", "001_a.rollback.sql"], ["1 001_a ← 001_a.rollback.sql"]],
    [
      "timestamps with and without dashes, by their digits",
      ["20170926200549_b.sql", "2017-09-26-200548_a.sql", "2017-09-26-200550_c.sql"],
      ["20170926200548 2017-09-26-200548_a", "20170926200549 20170926200549_b", "20170926200550 2017-09-26-200550_c"],
    ],
    [
      "a counter after the timestamp",
      [
        "2026-05-27-120001_d.sql",
        "2026-05-27-120000-0001_c.sql",
        "2026-05-27-120000-0000_b.sql",
        "20260527120000_a.sql",
      ],
      [
        "20260527120000 20260527120000_a",
        "20260527120000.10000 2026-05-27-120000-0000_b",
        "20260527120000.10001 2026-05-27-120000-0001_c",
        "20260527120001 2026-05-27-120001_d",
      ],
    ],
    ["version zero", ["000_a.sql", "1_b.sql"], ["0 000_a", "1 1_b"]],
    [
      "more digits than a number holds",
      ["99999999999999999999_a.sql", "100000000000000000000_b.sql"],
      ["99999999999999999999 99999999999999999999_a", "100000000000000000000 100000000000000000000_b"],
    ],
    ["dots, hyphens, blanks and accents in the name", ["1_v1.2-x copy é.sql"], ["1 1_v1.2-x copy é"]],
    [
      "what is no migration is left alone",
      ["README.md", ".gitkeep", "001_a.sql~", ".001_a.sql.swp", ".#001_a.sql", "001_a.sql.bak", "001_a.sql"],
      ["1 001_a"],
    ],
  ])("%s", (_name, files, expected) => {
    const found = read(named(...files)).map(
      ({ order, name, rollbackFile }) =>
        `${order} ${name}${rollbackFile === undefined ? "" : ` ← ${rollbackFile.slice("migrations/".length)}`}`,
    );
    expect(found).toEqual(expected);
  });

  test("a folder that does not exist holds none", () => expect(read(projectWith())).toEqual([]));

  test.each<[string, readonly string[], string, string]>([
    ["no version", ["init.sql"], "migrations/init.sql", "is not named like a migration"],
    ["a hyphen after the version", ["001-init.sql"], "migrations/001-init.sql", "is not named like a migration"],
    ["a prefix", ["V1__init.sql"], "migrations/V1__init.sql", "is not named like a migration"],
    ["no name", ["001_.sql"], "migrations/001_.sql", "is not named like a migration"],
    ["a blank at the end", ["001_a .sql"], "migrations/001_a .sql", "is not named like a migration"],
    ["a line end", ["001_a\nb.sql"], "migrations/001_a\nb.sql", "is not named like a migration"],
    ["upper case", ["001_a.SQL"], "migrations/001_a.SQL", "is not named like a migration"],
    [
      "one version twice",
      ["001_a.sql", "001_b.sql"],
      "migrations/001_b.sql",
      "migrations/001_a.sql and migrations/001_b.sql both are version 1",
    ],
    [
      "1 and 001",
      ["001_a.sql", "1_b.sql"],
      "migrations/1_b.sql",
      "migrations/001_a.sql and migrations/1_b.sql both are version 1",
    ],
    ["dashes or none", ["2017-01_a.sql", "201701_b.sql"], "migrations/201701_b.sql", "both are version 201701"],
    ["both forms", ["001_a.sql", "001_a.up.sql"], "migrations/001_a.up.sql", "both are version 1"],
    [
      "two rollbacks",
      ["001_a.sql", "001_a.down.sql", "001_a.rollback.sql"],
      "migrations/001_a.rollback.sql",
      "both roll back version 1",
    ],
    [
      "a rollback of nothing",
      ["001_a.rollback.sql"],
      "migrations/001_a.rollback.sql",
      "rolls back a migration that does not exist",
    ],
    [
      "a rollback of another name",
      ["001_a.sql", "001_b.rollback.sql"],
      "migrations/001_b.rollback.sql",
      "is not named after the migration of its version, migrations/001_a.sql",
    ],
  ])("%s is an error that names the file", (_name, files, file, what) => {
    const [error, ...more] = errorsOf(() => read(named(...files)));
    expect(more).toEqual([]);
    expect(error?.facts).toMatchObject({ code: "MIGRATION_NAME", where: { file, line: 1, column: 1 } });
    expect(error?.message).toContain(what);
    expect(error?.facts.next).toBeTruthy();
  });

  test("all errors are told at once, by file", () => {
    const found = errorsOf(() => read(named("b.sql", "a.sql", "001_x.rollback.sql")));
    expect(found.map(({ facts }) => facts.where?.file)).toEqual([
      "migrations/001_x.rollback.sql",
      "migrations/a.sql",
      "migrations/b.sql",
    ]);
  });
});

describe("content", () => {
  test("the checksum is the text's", () => {
    expect(checksum("select 'é';\n")).toBe(createHash("sha256").update("select 'é';\n").digest("hex"));
  });

  test.each([
    ["Windows line ends", "a;\r\nb;\r\n"],
    ["old line ends", "a;\rb;\r"],
    ["a byte order mark", "\uFEFFa;\nb;\n"],
    ["all of it", "\uFEFFa;\r\nb;\r\n"],
  ])("%s do not change it", (_name, text) => expect(checksum(text)).toBe(checksum("a;\nb;\n")));

  test("a blank more does", () => expect(checksum("a; \nb;\n")).not.toBe(checksum("a;\nb;\n")));

  test.each([
    ["no header", "create index concurrently i on t(a);", true],
    ["the header", "-- poststack: no-transaction\ncreate index concurrently i on t(a);", false],
    ["in any case and spacing", "--PostStack:no-transaction  \nselect 1", false],
    ["after other comments and blank lines", "\uFEFF-- index\r\n\r\n  -- poststack: no-transaction\r\nselect 1", false],
    ["after a very long comment", `-- ${"x".repeat(10_000)}\n-- poststack: no-transaction\n`, false],
    ["without a line end", "-- poststack: no-transaction", false],
    ["below the first statement it is a comment", "select 1;\n-- poststack: no-transaction", true],
    ["an empty file", "", true],
    ["only blanks", " \n\t\n", true],
    ["another tool's", "-- atlas:txmode none\nselect 1", true],
  ])("%s", (_name, text, transactional) => {
    expect(read(folderOf({ "1_a.sql": text }))[0]?.transactional).toBe(transactional);
  });

  test.each([
    ["misspelt", "\n  -- poststack: no-transactoin\nselect 1", 2, 'did you mean "no-transaction"?'],
    ["of a misspelt word with a value", "-- poststack: lock-timeuot 5s\n", 1, 'did you mean "lock-timeout"?'],
    [
      "without its unit",
      "-- poststack: lock-timeout 5\n",
      1,
      expect.stringContaining("lock-timeout takes a duration with its unit"),
    ],
    ["unknown", "-- poststack: timeout=5s\n", 1, expect.stringMatching(/^known are .*no-transaction/)],
    ["empty", "-- poststack:\n", 1, expect.stringMatching(/^known are .*no-transaction/)],
  ])("a header that is %s is an error with its line", (_name, text, line, next) => {
    const [error] = errorsOf(() => read(folderOf({ "1_a.sql": text })));
    expect(error?.facts).toMatchObject({ code: "MIGRATION_HEADER", where: { file: "migrations/1_a.sql", line }, next });
  });

  test("a file that is too large is an error, and the others are still looked at", () => {
    const found = errorsOf(() => read(folderOf({ "1_a.sql": Buffer.alloc(16 * 1024 * 1024 + 1, 32), "bad.sql": "" })));
    expect(found.map(({ code }) => code).sort()).toEqual(["FILE_UNREADABLE", "MIGRATION_NAME"]);
  });
});

describe.skipIf(!hasCorpus)("real migrations", () => {
  test.each([
    ["crates-io", 285, "version"],
    // Several of one timestamp: only their flat names are versions of their own.
    ["langfuse", 434, "flat_name"],
  ] as const)("%s come in the order in which they apply", (name, count, naming) => {
    const { migrations } = readCorpus("migrations", name, "index.json") as Index;
    const project = projectWith();
    for (const { [naming]: nameOf, up } of migrations) {
      project.write(`migrations/${nameOf.replace(/\.sql$/, "")}.sql`, readFileSync(corpusPath("migrations", name, up)));
    }
    const found = read(project);
    expect(found).toHaveLength(count);
    expect(found.map((one) => one.name)).toEqual(
      migrations.map(({ [naming]: nameOf }) => nameOf.replace(/\.sql$/, "")),
    );
  });
});

interface Index {
  readonly migrations: readonly { readonly version: string; readonly flat_name: string; readonly up: string }[];
}

function errorsOf(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (error instanceof PoststackErrors) return error.errors;
    throw error;
  }
  return [];
}
