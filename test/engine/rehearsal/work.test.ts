import { expect, test } from "vitest";
import { projectFiles } from "../../../controller/adapters/files.ts";
import { sqlParser } from "../../../controller/adapters/sql-parser.ts";
import { namesOfRepeatables, readRepeatables } from "../../../controller/config/desired/repeatable.ts";
import { readMigrations } from "../../../controller/config/migrations.ts";
import { gatherProblems } from "../../../controller/config/problems.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { readParts } from "../../../controller/engine/rehearsal/parts.ts";
import { workIn } from "../../../controller/engine/rehearsal/work.ts";
import type { Action, Desired } from "../../../controller/resources/index.ts";
import { projectWith } from "../../support/project.ts";

const contract = "002_b.contract";
const texts = {
  "migrations/001_a.sql": "create table a (b int, c int);",
  "migrations/002_b.contract.sql": "alter table a drop column b;",
  "migrations/002_b.contract.rollback.sql": "alter table a add column b int;",
  "migrations/003_c.sql": "alter table a add column d int;",
  "migrations/repeatable/v.sql": "create or replace view v as select c from a;",
};

test.each<[name: string, actions: readonly string[], held: readonly string[], expected: readonly string[]]>([
  [
    "a contract that waits runs behind all that comes now, as it will",
    ["apply 003_c", "repeat v"],
    [contract],
    ["003_c missing", "v repeated", `${contract} statements`],
  ],
  [
    "also one that is put on record by this plan",
    [`hold ${contract}`, "apply 003_c"],
    [],
    ["003_c missing", `${contract} statements`],
  ],
  ["also where nothing else comes with it", [`hold ${contract}`], [], [`${contract} statements`]],
  [
    "one that may run has its place",
    [`apply ${contract}`, "apply 003_c"],
    [],
    [`${contract} statements`, "003_c missing"],
  ],
  ["one that still waits, and was rehearsed when it came, is not rehearsed again", [], [contract], []],
  ["nothing where one may not run", ["refuse 003_c", `hold ${contract}`], [], []],
])("%s", async (_name, planned, waiting, expected) => {
  const ports = { files: projectFiles(projectWith(texts).root), parser: sqlParser };
  const files = readMigrations(ports.files, "migrations", { file: ".poststack.yml", line: 1, column: 1 });
  const names = namesOfRepeatables(ports.files, "migrations");
  const [repeatable] = readRepeatables(ports.files, "migrations", names, gatherProblems());
  const desired = { scope: new Set(["migration"]), resources: { migration: [{ files }] } } as unknown as Desired;
  const actions = planned.map((line) => {
    const [verb = "", name = ""] = line.split(" ");
    const migration = files.find((one) => one.name === name);
    return { kind: "migration", verb, id: resourceId("migration", name), migration, repeatable } as unknown as Action;
  });
  const held = waiting.map((name) => ({ id: resourceId("migration", name), reason: "web still runs" }));
  const work = await workIn({ actions, held }, desired, false, ports);
  const { parts } = await readParts(work, new Set(), ports.files, sqlParser);
  expect(parts.map(({ migration, rollback }) => `${migration.name} ${rollback}`)).toEqual(expected);
});
