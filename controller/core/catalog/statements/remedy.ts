import type { Difference, FieldChange } from "../compare.ts";
import { lookupOf, type Lookup } from "../lookup.ts";
import { followRenames, renameTable } from "../renames.ts";
import { columnsOfView, textOf, type Catalog, type CatalogObject, type Grant } from "../model.ts";
import { creation } from "../render.ts";
import { alterations, isReplaceable } from "./alter.ts";
import { createObject, viewWords } from "./create.ts";
import { dropObject } from "./drop.ts";
import { initialGrants } from "./initial-grants.ts";
import { changeGrants, setComment, setOwner } from "./words.ts";

/** What a person may do about a difference, each as statements; undefined where none can be written. */
export interface Remedy {
  /** Into a migration: `from` becomes `to`. */
  readonly adopt: readonly string[] | undefined;
  /** In the database: `to` becomes `from` again. */
  readonly undo: readonly string[] | undefined;
}

/** The statements for each difference between two catalogs, written for the object at hand. They are never run by us. */
export function remediesFor(old: Catalog, to: Catalog): (difference: Difference) => Remedy {
  const { from } = followRenames(old, to);
  const forward = wayTo(to, from);
  const backward = wayTo(from, to);
  return (difference) => ({
    adopt: transition(difference.from, difference.to, difference, forward),
    undo: transition(difference.to, difference.from, difference, backward),
  });
}

/** What it takes to bring an object to a state of it. */
interface Way {
  /** The catalog of that state. */
  readonly target: Lookup;
  readonly databaseOwner: string;
  /** Where the statements run, a new object is granted this. */
  readonly granted: (object: CatalogObject) => readonly Grant[];
}

const wayTo = (target: Catalog, runsIn: Catalog): Way => ({
  target: lookupOf(target),
  databaseOwner: target.owner,
  granted: initialGrants(runsIn),
});

function transition(
  before: CatalogObject | undefined,
  after: CatalogObject | undefined,
  { fields, parts }: Difference,
  way: Way,
): readonly string[] | undefined {
  if (after === undefined) {
    if (before === undefined) return [];
    // With its functions only, by CASCADE, which asks nobody what else goes.
    return before.kind === "type" && textOf(before, "form") === "base" ? undefined : dropObject(before);
  }
  if (before === undefined) return make(after, parts, way);
  return alter(before, after, fields, way);
}

function make(object: CatalogObject, parts: readonly CatalogObject[], way: Way): readonly string[] {
  const isFilled = object.kind === "materialized view" && textOf(object, "populated") === undefined;
  return [...create(object, parts, way), ...(isFilled ? [`refresh materialized view ${object.name}`] : [])];
}

function create(object: CatalogObject, parts: readonly CatalogObject[], { granted }: Way): readonly string[] {
  // A column that is added to a table reaches what inherits from it.
  const own = object.kind === "column" ? parts.filter(({ kind }) => kind !== "column") : parts;
  const parent = textOf(object, "partitionOf");
  if (parent === undefined) return creation({ objects: [object, ...own] }, granted).flat();
  // Attached at last: an index that fits one of the parent's is taken, where none fits one is made.
  const attach = `alter table only ${parent} attach partition ${object.name} ${textOf(object, "bound")}`;
  return [...creation({ objects: [object, ...own].map(detached) }, granted).flat(), attach];
}

const detached = (object: CatalogObject): CatalogObject => {
  const isOfParent = (name: string): boolean => ["partitionOf", "bound", "attachedTo"].includes(name);
  return { ...object, facts: Object.fromEntries(Object.entries(object.facts).filter(([name]) => !isOfParent(name))) };
};

/** From one state of an object to another: its facts in place, where that goes; else as a new object. */
function alter(
  before: CatalogObject,
  after: CatalogObject,
  fields: readonly FieldChange[],
  way: Way,
): readonly string[] | undefined {
  const facts = fields.map(({ field }) => field).filter((field) => field in before.facts || field in after.facts);
  const inPlace = facts.length === 0 ? [] : (redefined(before, after, way.target) ?? altered(before, after, facts));
  if (inPlace === undefined) {
    if (!isReplaceable(after)) return undefined;
    return [...dropObject(before), ...make(after, familyOf(after, way.target), way)];
  }
  return [
    // What else is said of it is said under its new name.
    ...(before.name === after.name ? [] : renameTable(before, after)),
    ...inPlace,
    ...(before.owner === after.owner ? [] : [setOwner(after, after.owner ?? way.databaseOwner)]),
    ...(before.comment === after.comment ? [] : [setComment(after, after.comment)]),
    ...changeGrants(after, before.grants),
  ];
}

/** What has CREATE OR REPLACE, where it may be used; undefined else. */
function redefined(before: CatalogObject, after: CatalogObject, target: Lookup): readonly string[] | undefined {
  switch (after.kind) {
    case "function":
    case "procedure":
      return before.shape === after.shape ? createObject(after, target) : undefined;
    case "view":
      return keepsColumns(before, after) ? [viewWords("create or replace view", after)] : undefined;
    default:
      return undefined;
  }
}

/** Columns may come behind those that are there, with nothing about them changed (manual: CREATE VIEW). */
function keepsColumns(before: CatalogObject, after: CatalogObject): boolean {
  const columns = columnsOfView(after);
  return columnsOfView(before).every(
    ([name, type], index) => columns[index]?.[0] === name && columns[index]?.[1] === type,
  );
}

function altered(before: CatalogObject, after: CatalogObject, facts: readonly string[]): readonly string[] | undefined {
  // What goes, goes first and the last first: NOT NULL cannot go before an identity, nor that come before a default goes.
  const going = facts.filter((fact) => !(fact in after.facts)).toReversed();
  const statements: string[] = [];
  for (const fact of [...going, ...facts.filter((one) => one in after.facts)]) {
    const some = alterations[after.kind]?.[fact]?.(before, after);
    if (some === undefined) return undefined;
    statements.push(...some);
  }
  return statements;
}

/** All that goes when the object is dropped. */
function familyOf(object: CatalogObject, lookup: Lookup): readonly CatalogObject[] {
  return lookup.partsOf(object.identity).flatMap((part) => [part, ...familyOf(part, lookup)]);
}
