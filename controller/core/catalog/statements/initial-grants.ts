import { textOf, type Catalog, type CatalogObject, type Grant, type ObjectKind } from "../model.ts";

/** What ALTER DEFAULT PRIVILEGES calls the kinds that it reaches. */
const classes: Readonly<Partial<Record<ObjectKind, string>>> = {
  table: "tables",
  "foreign table": "tables",
  view: "tables",
  "materialized view": "tables",
  sequence: "sequences",
  function: "functions",
  procedure: "functions",
  aggregate: "functions",
  type: "types",
  domain: "types",
  schema: "schemas",
};

/**
 * What an object has been granted when it has just been made by the owner of a database with these default privileges,
 * besides what Postgres grants by itself.
 */
export const initialGrants =
  ({ objects }: Pick<Catalog, "objects">) =>
  (object: CatalogObject): readonly Grant[] => {
    const [, schema] = /^("(?:[^"]|"")*"|[^".]+)\./.exec(object.name) ?? [];
    const inForce = objects.filter(
      (one) =>
        one.kind === "default privileges" &&
        textOf(one, "role") === undefined &&
        textOf(one, "objects") === classes[object.kind] &&
        [undefined, schema].includes(textOf(one, "schema")),
    );
    return inForce.flatMap(({ grants }) => grants);
  };
