import { expect, test } from "vitest";
import type { Outline } from "../../../controller/resources/outline.ts";
import { projectOf, told, wishOf } from "./wish.ts";

const good = "init:\n  - run: [node, --version]";
const noFolder = "init:\n  - { run: [node, --version], cwd: nowhere }";

test.each<[string, string, string, string, readonly string[]]>([
  ["all is in order", good, "1_a.sql", "select 1;", []],
  ["a text is wrong", good, "1_a.sql", "-- poststack: fast\n", ["MIGRATION_HEADER migrations/1_a.sql:1:1"]],
])("the world may be looked at before the texts are read: %s", async (_name, body, name, text, errors) => {
  const outlines: Outline[] = [];
  const wish = wishOf(projectOf(body, { [`migrations/${name}`]: text }), { begin: (one) => outlines.push(one) });
  expect(await told(wish)).toEqual(errors);
  expect(outlines.map(({ resources }) => resources.migration[0]?.files.map(({ id }) => id))).toEqual([
    ["migration:1_a"],
  ]);
  expect(outlines[0]?.resources.job.map(({ id }) => id)).toHaveLength(1);
});

test.each<[string, string, string, readonly string[]]>([
  ["a name is wrong", good, "a.sql", ["MIGRATION_NAME migrations/a.sql:1:1"]],
  ["the configuration is wrong", noFolder, "1_a.sql", ["FILE_MISSING .poststack.yml:5:40"]],
])("nobody is asked where something is wrong already: %s", async (_name, body, name, errors) => {
  const begin = (): never => {
    throw new Error("nothing is to be looked at");
  };
  const wish = wishOf(projectOf(body, { [`migrations/${name}`]: "select 1;" }), { begin });
  expect(await told(wish)).toEqual(errors);
});

test("wrong names, wrong texts and the rest are told at once", async () => {
  const files = { "migrations/a.sql": "select 1;", "migrations/1_b.sql": "-- poststack: fast\n" };
  expect(await told(wishOf(projectOf(noFolder, files)))).toEqual([
    "FILE_MISSING .poststack.yml:5:40",
    "MIGRATION_HEADER migrations/1_b.sql:1:1",
    "MIGRATION_NAME migrations/a.sql:1:1",
  ]);
});

test("thousands of files leave room for others while they are read", async () => {
  const names = Array.from({ length: 1_500 }, (_, index) => `migrations/${index + 1}_a.sql`);
  const project = projectOf(good, Object.fromEntries(names.map((name) => [name, "select 1;"])));
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  const wish = await wishOf(project, { begin: () => setImmediate(count) });
  isDone = true;
  expect(wish.resources.migration[0]?.files.map(({ file }) => file)).toEqual(names);
  expect(turns).toBeGreaterThan(50);
});
