import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { resourceId } from "../../../../controller/core/id.ts";
import { renderPlan } from "../../../../controller/core/render.ts";
import { diff } from "../../../../controller/resources/migration/diff.ts";
import { keyOf } from "../../../../controller/resources/migration/lint/names.ts";
import { ruleNames } from "../../../../controller/resources/migration/lint/rules.ts";
import type {
  DesiredMigrations,
  MigrationAction,
  ObservedMigrations,
} from "../../../../controller/resources/migration/model.ts";
import { headersOf } from "../../../../controller/resources/migration/text.ts";
import { projectRoot } from "../../../support/build.ts";
import { suspicionsIn } from "./kit.ts";

test("a policy may name exactly the rules that there are", () => {
  const schema = JSON.parse(readFileSync(join(projectRoot, "schema/poststack.schema.json"), "utf8")) as {
    readonly definitions: { readonly lintRule: { readonly enum: readonly string[] } };
  };
  expect(schema.definitions.lintRule.enum).toEqual([...ruleNames].sort());
});

test.each([
  ["-- poststack: allow drop-table it is empty\ndrop table a", undefined],
  ["-- poststack: allow-file drop-table it is empty\n-- poststack: no-transaction\ndrop table a", undefined],
  ["-- poststack: allowed drop-table\ndrop table a", "allowed drop-table"],
])("%j at the top of a file is a header that means something to the rules", (text, unknown) => {
  expect(headersOf(Buffer.from(text)).unknown?.text).toBe(unknown);
});

describe("in a plan", () => {
  const id = resourceId("migration", "002_x");
  const plan = async (
    sql: string,
    lint?: DesiredMigrations["lint"],
    tables?: ObservedMigrations["tables"],
  ): Promise<readonly MigrationAction[]> => {
    const [suspicions = []] = await suspicionsIn([sql]);
    const file = { id, version: "002", order: "2", name: "002_x", file: "002.sql", checksum: "c", transactional: true };
    const first = { ...file, id: resourceId("migration", "001_x"), version: "001", order: "1", name: "001_x" };
    const row = {
      version: "001",
      order: "1",
      name: "001_x",
      checksum: "c",
      state: "applied",
      hasRollback: false,
    } as const;
    const wish = {
      folder: "migrations",
      files: [first, file],
      rollback: false,
      replay: false,
      repair: false,
      rehearse: false,
      dependsOn: [],
      place: { file: ".poststack.yml", line: 1, column: 1 },
      ...(lint === undefined ? {} : { lint }),
    } as DesiredMigrations;
    const pending = new Map([[id, { checksum: "c", hazards: [], suspicions }]]);
    return diff(
      [wish],
      [{ ledger: "present", rows: [row], objects: 0, pending, ...(tables === undefined ? {} : { tables }) }],
    );
  };
  const tables = (bytes: number): ObservedMigrations["tables"] => ({
    tables: new Map([[keyOf({ name: "orders" }), { bytes, rows: 1, indexes: 1 }]]),
  });

  test("an error refuses the migration, with how to do it instead", async () => {
    const [action] = await plan("create index i on orders (a)", undefined, tables(50e9));
    expect(action).toMatchObject({
      verb: "refuse",
      id,
      error: {
        code: "LINT_FAILED",
        where: { file: "001.sql", line: 1, column: 1 },
        details: expect.arrayContaining(["    create INDEX CONCURRENTLY i on orders (a);"]) as unknown,
      },
    });
  });

  test("on a small table it runs", async () => {
    const [action] = await plan("create index i on orders (a)", undefined, tables(8192));
    expect(action).toMatchObject({ verb: "apply", hazards: [] });
    expect(action?.notes).toBeUndefined();
  });

  test("where nobody told the size, and for what is a warning, it runs with a line below", async () => {
    const actions = await plan("create index i on orders (a); drop table orders");
    expect(actions).toMatchObject([{ verb: "apply", id }]);
    const text = renderPlan({ project: "p", environment: "e", actions, deferred: [], fingerprint: "" });
    expect(text).toMatch(
      /002_x .*\n {6}warning index-not-concurrent at 001\.sql:1:1: building index i.*\n {6}warning drop-table at 001\.sql:1:31: /,
    );
  });

  test("what never depends on a table is refused whatever its size", async () => {
    expect(await plan("vacuum orders", undefined, tables(0))).toMatchObject([{ verb: "refuse" }]);
  });

  test("the policy of the environment decides", async () => {
    const strict: DesiredMigrations["lint"] = { rules: new Map([["drop-not-null", "error"]]) };
    const sql = "alter table orders alter a drop not null";
    expect(await plan(sql, strict)).toMatchObject([{ verb: "refuse", error: { code: "LINT_FAILED" } }]);
    expect(await plan(sql, { default: "off", rules: new Map() })).toMatchObject([{ verb: "apply" }]);
  });
});
