import { expect, test } from "vitest";
import { compareCatalogs } from "../../../controller/core/catalog/compare.ts";
import { describeDifference } from "../../../controller/core/catalog/describe.ts";
import type { Catalog, CatalogObject, Facts, Identity, ObjectKind } from "../../../controller/core/catalog/model.ts";
import { scriptFor } from "../../../controller/core/catalog/statements/script.ts";

const object = (
  kind: ObjectKind,
  name: string,
  facts: Facts = {},
  more: Partial<CatalogObject> = {},
): CatalogObject => ({
  kind,
  identity: `${kind} ${name}`,
  name,
  facts,
  dependsOn: [],
  grants: [],
  ...more,
});

/** A table with a key, or without one where that has no name. */
function table(name: string, columns: readonly string[], key = "", facts: Facts = {}): readonly CatalogObject[] {
  const parent: Identity = `table ${name}`;
  return [
    object("table", name, facts),
    ...columns.map((column) => object("column", `${name}.${column}`, { name: column, type: "integer" }, { parent })),
    ...(key === ""
      ? []
      : [
          object(
            "constraint",
            `${key} on ${name}`,
            { name: key, definition: "PRIMARY KEY (a)" },
            { parent, shape: `public.${key}` },
          ),
        ]),
  ];
}

const catalog = (...tables: readonly (readonly CatalogObject[])[]): Catalog => ({
  objects: tables.flat(),
  owner: "o",
  uncovered: [],
});

const partition = (bound: string): Facts => ({ partitionOf: "public.whole", bound });

test.each<[string, Catalog, Catalog, readonly string[], readonly string[]]>([
  [
    "the same columns",
    catalog(table("public.orders", ["a", "b"])),
    catalog(table('public."Old Orders"', ["a", "b"])),
    ['changed table public."Old Orders": name public.orders → public."Old Orders"'],
    ['alter table public."Old Orders" rename to orders'],
  ],
  [
    "an index of the same name, and another column",
    catalog(table("public.orders", ["a"], "orders_pkey"), table("public.orders_of", ["b"])),
    catalog(table("public.purchases", ["a", "c"], "orders_pkey"), table("public.orders_of", ["b"])),
    ["added column public.purchases.c", "changed table public.purchases: name public.orders → public.purchases"],
    ["alter table public.purchases drop column c", "alter table public.purchases rename to orders"],
  ],
  [
    "a partition of the same rows among others that look like it",
    catalog(
      table("public.p1", ["a"], "", partition("for values in (1)")),
      table("public.p2", ["a"], "", partition("for values in (2)")),
    ),
    catalog(
      table("public.x", ["a"], "", partition("for values in (2)")),
      table("public.y", ["a"], "", partition("for values in (1)")),
    ),
    ["changed table public.x: name public.p2 → public.x", "changed table public.y: name public.p1 → public.y"],
    ["alter table public.y rename to p1", "alter table public.x rename to p2"],
  ],
  [
    "into another schema, under another name",
    catalog(table("public.orders", ["a", "b"])),
    catalog(table("shop.old", ["a", "b"])),
    ["changed table shop.old: name public.orders → shop.old"],
    ["alter table shop.old set schema public", "alter table public.old rename to orders"],
  ],
  [
    "two of the same columns are two that came",
    catalog(table("public.orders", ["a", "b"])),
    catalog(table("public.one", ["a", "b"]), table("public.two", ["a", "b"])),
    ["added table public.one", "added table public.two", "removed table public.orders"],
    ["create table public.orders (\n  a integer,\n  b integer\n)", "drop table public.two", "drop table public.one"],
  ],
])("a table under another name: %s", (_name, from, to, told, undo) => {
  const differences = compareCatalogs(from, to);
  expect(differences.map(describeDifference)).toEqual(told);
  expect(scriptFor(differences, "undo", from, to).statements).toEqual(undo);
});
