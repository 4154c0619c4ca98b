import type { LintFacts, Partition, TableFacts } from "../lint/facts.ts";
import { show } from "../lint/names.ts";
import { shortName, type Catalog, type Relation } from "./catalog.ts";

/** Of a table; of a partitioned one, what its partitions have, with its own number of indexes. */
export function sizeOf(
  relation: Relation,
  catalog: Catalog,
): Pick<Relation, "bytes" | "indexBytes" | "rows" | "indexes"> {
  const { bytes, indexBytes, rows, indexes } = relation;
  if (relation.kind !== "partitioned table") return { bytes, indexBytes, rows: Math.round(rows), indexes };
  const stored = catalog.family(relation).filter((one) => one.kind === "table");
  const sum = (of: (one: Relation) => number): number => stored.reduce((total, one) => total + of(one), 0);
  const isEstimated = stored.every((one) => one.rows >= 0 || one.bytes === 0);
  return {
    bytes: sum((one) => one.bytes),
    indexBytes: sum((one) => one.indexBytes),
    rows: isEstimated ? Math.round(sum((one) => Math.max(0, one.rows))) : -1,
    indexes,
  };
}

/** All below it, each behind the one that it is a partition of; else by name. */
function partitionsOf(table: Relation, catalog: Catalog): readonly Partition[] {
  const below = catalog.family(table).slice(1);
  const own = below.filter((one) => catalog.parents(one).some(({ oid }) => oid === table.oid));
  return own
    .toSorted((a, b) => (show(a.name) < show(b.name) ? -1 : 1))
    .flatMap((one) => [
      { name: one.name, of: table.name, isPartitioned: one.kind === "partitioned table" },
      ...partitionsOf(one, catalog),
    ]);
}

/** What has columns and no pages: how many rows they hold is not known here. */
const isElsewhere: ReadonlySet<Relation["kind"]> = new Set(["foreign table", "composite type"]);

/** What the rules weigh. An index is as large as its table: that is who waits for it. */
export function lintFacts(catalog: Catalog): LintFacts {
  const tables = new Map<string, TableFacts>();
  const byOid = new Map(catalog.relations.map((relation) => [relation.oid, relation]));
  for (const [key, oid] of catalog.named) {
    const relation = byOid.get(oid);
    const table = relation === undefined ? undefined : (catalog.tableOf(relation) ?? relation);
    if (table === undefined || isElsewhere.has(table.kind)) continue;
    const { bytes, rows, indexes } = sizeOf(table, catalog);
    const columnTypes = new Map([...table.columns].map(([name, { type }]) => [name, type]));
    const partitions = table.kind === "partitioned table" ? { partitions: partitionsOf(table, catalog) } : {};
    const name = table === relation ? {} : { name: show(shortName(table.name)) };
    tables.set(key, { ...name, bytes, rows, indexes, columnTypes, ...partitions });
  }
  return { major: catalog.major, tables };
}
