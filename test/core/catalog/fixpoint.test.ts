import { describe, expect } from "vitest";
import { kinds } from "../../../controller/core/catalog/model.ts";
import { renderSchema } from "../../../controller/core/catalog/render.ts";
import { test } from "../../support/postgres.ts";
import { asRestored, away, beside, kitchenSink } from "./kit.ts";

describe("a catalog, written and run elsewhere, is the same catalog", () => {
  test("one object of every kind, with hostile names", async ({ database }) => {
    const sql = await kitchenSink(database);
    const first = await beside(database, "sink");
    const second = await beside(database, "restored");
    try {
      await first.run(sql);
      const catalog = await first.catalog();
      const schema = renderSchema(catalog);
      await second.run(schema);
      const restored = await second.catalog();
      expect(restored).toEqual(asRestored(catalog));
      expect(renderSchema(restored)).toBe(schema);
      expect(kinds.filter((kind) => !catalog.objects.some((one) => one.kind === kind))).toEqual([]);
      // Passwords of servers and of user mappings are no part of a schema.
      expect(JSON.stringify(catalog)).not.toContain("hunter2");
    } finally {
      await away(database, first, second);
    }
  });

  test("what is not described is named", async ({ database }) => {
    const one = await beside(database, "odd");
    try {
      await one.run(`create subscription "from ""afar""" connection 'host=nowhere password=hunter2' publication p with (connect = false, slot_name = none);
        create table public.t (a integer); insert into public.t values (1), (1);`);
      await one.session
        .query("create unique index concurrently broken on public.t (a)", [], database.signal)
        .catch(() => undefined);
      const catalog = await one.catalog();
      expect(catalog.uncovered).toEqual(['subscription "from ""afar""", whose way to its server holds a password']);
      expect(renderSchema(catalog)).toContain("-- not in here: index public.broken, which is not valid\n");
      expect(renderSchema(catalog)).not.toContain("hunter2");
    } finally {
      // A database with a subscription is not dropped.
      await one.session.query('drop subscription if exists "from ""afar"""', [], database.signal);
      await away(database, one);
    }
  });
});
