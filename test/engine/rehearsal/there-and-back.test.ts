import { describe, expect, test } from "vitest";
import type { Catalog, CatalogObject } from "../../../controller/core/catalog/model.ts";
import type { ErrorFacts } from "../../../controller/core/errors.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { describeRehearsed } from "../../../controller/core/rehearsal-words.ts";
import type { Copy } from "../../../controller/engine/rehearsal/copy.ts";
import { thereAndBack, type Part } from "../../../controller/engine/rehearsal/there-and-back.ts";

/** A migration that makes a table of its name, and what becomes of that. */
interface Sketch {
  readonly rollback?: Part["rollback"];
  /** What the rollback makes of the table: takes it away (the default), leaves it, or takes away all there is. */
  readonly back?: "takes" | "leaves" | "fails" | "fails halfway" | "takes all";
  readonly forward?: "works" | "fails";
}

const error = (what: string): ErrorFacts => ({ code: "MIGRATION_FAILED", what, next: "correct it" });

const table = (name: string): CatalogObject => ({
  kind: "table",
  identity: `table ${name}`,
  name,
  facts: {},
  dependsOn: [],
  grants: [],
});

/** Copies as Postgres would be one: a table that is there cannot be made. Tells what was done on each. */
async function run(sketches: Readonly<Record<string, Sketch>>) {
  const parts = Object.entries(sketches).map(([name, { rollback = "statements", back }]): Part => {
    const id = resourceId("migration", name);
    const file = { id, version: name, order: name, name, file: `${name}.sql`, checksum: name, transactional: true };
    return { migration: file, rollback, isUndone: back !== "fails halfway" };
  });
  const copies: string[] = [];
  const told = await thereAndBack(parts, async (use) => {
    const tables = new Set<string>();
    const done: string[] = [];
    const copy: Copy = {
      rows: 0,
      uncovered: [],
      forward(migrations) {
        for (const migration of migrations) {
          const { name } = migration;
          done.push(`+${name}`);
          if (sketches[name]?.forward === "fails") return Promise.resolve({ id: migration.id, error: error("no") });
          if (tables.has(name)) return Promise.resolve({ id: migration.id, error: error(`${name} is there`) });
          tables.add(name);
        }
        return Promise.resolve(undefined);
      },
      back({ name }) {
        const { back = "takes" } = sketches[name] ?? {};
        done.push(`-${name}`);
        if (back === "takes" || back === "fails halfway") tables.delete(name);
        if (back === "takes all") tables.clear();
        return Promise.resolve(back.startsWith("fails") ? error("no way back") : undefined);
      },
      undo: () => Promise.resolve(error("not here")),
      catalog: () => Promise.resolve<Catalog>({ objects: [...tables].map(table), owner: "me", uncovered: [] }),
      holders: () => Promise.resolve([...tables].map((name) => ({ key: name, identity: `table ${name}`, within: [] }))),
    };
    const result = await use(copy);
    copies.push(done.join(" "));
    return result;
  });
  return {
    verdicts: told.migrations.map((one) => `${one.id.replace("migration:", "")} ${describeRehearsed(one)}`),
    failed: told.failure?.id.replace("migration:", ""),
    copies,
  };
}

describe("each migration goes forward, back and forward again", () => {
  test.each<[string, Readonly<Record<string, Sketch>>, readonly string[], readonly string[]]>([
    [
      "on one copy, one after the other",
      { a: {}, b: {} },
      ["a rollback exact; it deletes what is in table a", "b rollback exact; it deletes what is in table b"],
      ["+a -a +a +b -b +b"],
    ],
    [
      "and forward only where there is no way back",
      { a: { rollback: "missing" }, b: { rollback: "empty" }, c: {}, d: { rollback: "resumed" } },
      [
        "a rollback missing",
        "b rollback empty: nothing is taken back",
        "c rollback exact; it deletes what is in table c",
        "d goes on where it stopped; its rollback was not tried",
      ],
      ["+a +b +c -c +c +d"],
    ],
    [
      "a rollback that fails leaves nothing, and the copy is good for the next",
      { a: { back: "fails" }, b: {} },
      ["a rollback fails: no way back", "b rollback exact; it deletes what is in table b"],
      ["+a -a +b -b +b"],
    ],
    [
      "one that fails halfway spoils the copy: the next begins on a fresh one",
      { a: { back: "fails halfway" }, b: {} },
      ["a rollback fails: no way back", "b rollback exact; it deletes what is in table b"],
      ["+a -a", "+a +b -b +b"],
    ],
    [
      "so does one after which the migration cannot be applied again",
      { a: {}, b: { back: "leaves" }, c: {} },
      [
        "a rollback exact; it deletes what is in table a",
        "b rollback inexact, after it: added table b; the migration cannot be applied again: b is there",
        "c rollback exact; it deletes what is in table c",
      ],
      ["+a -a +a +b -b +b", "+a +b +c -c +c"],
    ],
    [
      "what the rollback takes too much is told, and that forward again does not bring it back",
      { a: {}, b: { back: "takes all" } },
      [
        "a rollback exact; it deletes what is in table a",
        "b rollback inexact, after it: removed table a; it deletes what is in table a; table b; applied again, the migration makes something else: removed table a",
      ],
      ["+a -a +a +b -b +b"],
    ],
  ])("%s", async (_name, sketches, verdicts, copies) => {
    expect(await run(sketches)).toEqual({ verdicts, failed: undefined, copies });
  });

  test("the first that fails ends it, also among those without a way back", async () => {
    const sketches: Readonly<Record<string, Sketch>> = {
      a: { rollback: "missing" },
      b: { rollback: "missing", forward: "fails" },
      c: {},
    };
    expect(await run(sketches)).toEqual({ verdicts: ["a rollback missing"], failed: "b", copies: ["+a +b"] });
    expect(await run({ a: { forward: "fails" } })).toEqual({ verdicts: [], failed: "a", copies: ["+a"] });
  });

  test.each([
    ["made anew under its old name, the rows are gone", "2", "rollback exact; it deletes what is in table b"],
    ["renamed back, they are there", "1", "rollback exact"],
  ])("a table that was renamed: %s", async (_name, key, verdict) => {
    const column = { ...table("id"), kind: "column", facts: { name: "id", type: "integer" } } as const;
    const states = { before: ["a", "1"], after: ["b", "1"], reverted: ["a", key] } as const;
    let [name, number]: readonly [string, string] = states.before;
    const become = (state: keyof typeof states) => {
      [name, number] = states[state];
      return Promise.resolve(undefined);
    };
    const migration = { id: resourceId("migration", "m"), version: "1", order: "1", name: "m", file: "m.sql" };
    const { migrations } = await thereAndBack(
      [{ migration: { ...migration, checksum: "", transactional: true }, rollback: "statements", isUndone: true }],
      (use) =>
        use({
          rows: 0,
          uncovered: [],
          forward: (some) => (some.length === 0 ? Promise.resolve(undefined) : become("after")),
          back: () => become("reverted"),
          undo: () => Promise.resolve(error("not here")),
          // To a catalog, which knows names and columns, the one is as the other.
          catalog: () =>
            Promise.resolve({
              objects: [table(name), { ...column, identity: `column ${name}.id`, parent: `table ${name}` }],
              owner: "me",
              uncovered: [],
            }),
          holders: () => Promise.resolve([{ key: number, identity: `table ${name}`, within: [] }]),
        }),
    );
    expect(migrations.map(describeRehearsed)).toEqual([verdict]);
  });

  test("what ran on one copy and not on the next is an error, not a verdict", async () => {
    let isFirst = true;
    const parts: readonly Part[] = [
      {
        migration: {
          id: resourceId("migration", "a"),
          ...{ version: "1", order: "1", name: "a", file: "a.sql", checksum: "", transactional: true },
        },
        rollback: "statements",
        isUndone: false,
      },
    ];
    const failing = thereAndBack([...parts, ...parts], (use) => {
      const migration = parts[0]?.migration;
      const failure = isFirst || migration === undefined ? undefined : { id: migration.id, error: error("disk full") };
      isFirst = false;
      return use({
        rows: 0,
        uncovered: [],
        forward: (migrations) => Promise.resolve(migrations.length === 0 ? undefined : failure),
        back: () => Promise.resolve(error("no")),
        undo: () => Promise.resolve(error("no")),
        catalog: () => Promise.resolve({ objects: [], owner: "me", uncovered: [] }),
        holders: () => Promise.resolve([]),
      });
    });
    await expect(failing).rejects.toMatchObject({ message: expect.stringContaining("disk full") as unknown });
  });
});
