import { describe, expect } from "vitest";
import { compareCatalogs, type Difference } from "../../../controller/core/catalog/compare.ts";
import { describeDifference } from "../../../controller/core/catalog/describe.ts";
import { kinds, type Catalog, type ObjectKind } from "../../../controller/core/catalog/model.ts";
import { remediesFor } from "../../../controller/core/catalog/statements/remedy.ts";
import { scriptFor } from "../../../controller/core/catalog/statements/script.ts";
import { test } from "../../support/postgres.ts";
import { away, kitchenSink, twins, withRoles } from "./kit.ts";
import { extendingSeeds } from "./seeds-extending.ts";
import { seeds } from "./seeds.ts";

/** The differences in words, with those that no statement brings about or takes back. */
function told(differences: readonly Difference[], from: Catalog, to: Catalog): readonly string[] {
  const remedies = remediesFor(from, to);
  return differences.map((difference) => {
    const { adopt, undo } = remedies(difference);
    const left = [
      ...(adopt === undefined ? [" · cannot be adopted"] : []),
      ...(undo === undefined ? [" · cannot be undone"] : []),
    ];
    return describeDifference(difference) + left.join("");
  });
}

test("there is a seed for every kind of object", () => {
  const lines = [...seeds, ...extendingSeeds].flatMap(({ found }) => found);
  const isSeeded = (kind: ObjectKind): boolean =>
    lines.some((line) => new RegExp(`^(?:added|removed|changed) ${kind}(?: |:)`).test(line));
  expect(kinds.filter((kind) => !isSeeded(kind))).toEqual([]);
});

test("a secret among the database's settings stays there: told is that it differs", async ({ database }) => {
  const [reference, live] = await twins(database, "select 1");
  try {
    await reference.run(`alter database ${reference.name} set app.jwt_secret = 'canary-1'`);
    await live.run(`alter database ${live.name} set app.jwt_secret = 'canary-2'`);
    const [before, after] = [await reference.catalog(), await live.catalog()];
    const differences = compareCatalogs(before, after);
    expect(told(differences, before, after)).toEqual([
      "changed database: settings differs · cannot be adopted · cannot be undone",
    ]);
    const shown = `"app.jwt_secret" = «secret»`;
    expect(differences.map(({ fields }) => fields)).toEqual([[{ field: "settings", from: shown, to: shown }]]);
    expect(JSON.stringify([before, after, differences])).not.toContain("canary");

    await live.run(`alter database ${live.name} set app.jwt_secret = 'canary-1'`);
    const same = await live.catalog();
    expect(compareCatalogs(before, same)).toEqual([]);
    await live.run(`alter database ${live.name} reset app.jwt_secret`);
    const without = await live.catalog();
    const { statements } = scriptFor(compareCatalogs(without, same), "undo", without, same);
    expect(statements.join("")).toContain('reset "app.jwt_secret"');
  } finally {
    await away(database, reference, live);
  }
});

describe("what was changed by hand is found, and nothing else", () => {
  test.for([...seeds, ...extendingSeeds])("$name", async ({ sql, found }, { database }) => {
    const [reference, live] = await twins(database, await kitchenSink(database));
    try {
      const before = await reference.catalog();
      for (const statement of sql) await live.run(withRoles(statement.replace(":database", live.name), database));
      const after = await live.catalog();
      const differences = compareCatalogs(before, after);
      expect(told(differences, before, after)).toEqual(found.map((line) => withRoles(line, database)));

      // A label that was added just now may not be used in the same transaction: each statement by itself.
      const adopt = scriptFor(differences, "adopt", before, after);
      for (const statement of adopt.statements) await reference.run(statement);
      expect(told(compareCatalogs(await reference.catalog(), after), before, after)).toEqual([]);

      const undo = scriptFor(differences, "undo", before, after);
      for (const statement of undo.statements) await live.run(statement);
      const left = compareCatalogs(await live.catalog(), before);
      expect(left.map(({ identity }) => identity)).toEqual(undo.without.map(({ identity }) => identity));
    } finally {
      await away(database, reference, live);
    }
  });
});
