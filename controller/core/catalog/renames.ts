import { lookupOf, type Lookup } from "./lookup.ts";
import { plainName, textOf, type Catalog, type CatalogObject, type Fact, type Facts, type Identity } from "./model.ts";

/** A table that is there under another name: what it holds is there, too. */
export interface Rename {
  readonly from: CatalogObject;
  readonly to: CatalogObject;
}

type Objects = Pick<Catalog, "objects">;

/**
 * Tables that one side has under a name of its own, with the first side as it would be if they had been renamed there. Pure.
 *
 * Nothing in a catalog that two servers made says so outright. A table keeps the names of its indexes and sequences when it
 * is renamed, and two of one name cannot be; a partition keeps its bounds, and two of the same cannot be. Else a table with the
 * very same columns counts, where it is the only one on either side.
 */
export function followRenames<T extends Objects>(
  from: T,
  to: Objects,
): { readonly from: T; readonly renames: readonly Rename[] } {
  const [before, after] = [lookupOf(from), lookupOf(to)];
  const gone = from.objects.filter(({ kind, identity }) => kind === "table" && after.get(identity) === undefined);
  const come = to.objects.filter(({ kind, identity }) => kind === "table" && before.get(identity) === undefined);
  if (gone.length === 0 || come.length === 0) return { from, renames: [] };
  const renames = [ownNames, place, columns].reduce<readonly Rename[]>((known, traits) => {
    const isFree = (table: CatalogObject): boolean => known.every((one) => one.from !== table && one.to !== table);
    return [...known, ...pairs(gone.filter(isFree), come.filter(isFree), traits, [before, after])];
  }, []);
  if (renames.length === 0) return { from, renames };
  const objects = renames.reduce((all, rename) => all.map(renaming(rename, before)), from.objects);
  return { from: { ...from, objects }, renames };
}

/** What a table has that hardly another one has. */
type Traits = (table: CatalogObject, lookup: Lookup) => readonly string[];

/** Those that share a trait with each other, and with no third. */
function pairs(
  gone: readonly CatalogObject[],
  come: readonly CatalogObject[],
  traits: Traits,
  [before, after]: readonly [Lookup, Lookup],
): readonly Rename[] {
  const known = come.map((to) => ({ to, has: new Set(traits(to, after)) }));
  const found = gone.flatMap((from) => {
    const own = traits(from, before);
    return known.filter(({ has }) => own.some((trait) => has.has(trait))).map(({ to }) => ({ from, to }));
  });
  const isOnly = ({ from, to }: Rename): boolean =>
    found.filter((one) => one.from === from || one.to === to).length === 1;
  return found.filter(isOnly);
}

const ownNames: Traits = ({ identity }, lookup) =>
  lookup
    .partsOf(identity)
    .flatMap((part) =>
      part.kind === "index" ? [part.name] : part.kind === "constraint" ? [part.shape ?? []].flat() : [],
    );

const place: Traits = (table) => {
  const parent = textOf(table, "partitionOf");
  return parent === undefined ? [] : [`${parent} ${textOf(table, "bound") ?? ""}`];
};

const columns: Traits = ({ identity }, lookup) => {
  const all = lookup.partsOf(identity).filter(({ kind }) => kind === "column");
  return all.length === 0 ? [] : [JSON.stringify(all.map((one) => [textOf(one, "name"), textOf(one, "type")]))];
};

/** An object as the server describes it once the table has its new name. */
function renaming({ from, to }: Rename, lookup: Lookup): (object: CatalogObject) => CatalogObject {
  const names = [[from.name, to.name] as const, ...movedWith(from, to, lookup)].map(([old, now]) => nameIn(old, now));
  const whole = (text: string): string => names.reduce((changed, name) => name(changed), text);
  const bare = nameIn(`${lastPart(from.name)}.`, `${lastPart(to.name)}.`);
  return (object) => {
    const change = (text: string): string => {
      if (queries.has(object.kind)) return bare(whole(text));
      // A body that was written down for later is a text to the server, which it leaves as it is.
      const body = isRoutine(object) ? text.search(/^\s*AS (?:\$|')/m) : -1;
      if (body >= 0) return whole(text.slice(0, body)) + text.slice(body);
      return isRoutine(object) ? bare(whole(text)) : whole(text);
    };
    const fact = (value: Fact): Fact => (typeof value === "string" ? change(value) : value.map(change));
    const facts = Object.fromEntries(Object.entries(object.facts).map(([name, value]) => [name, fact(value)]));
    const isOwn = object.kind === "column" && object.parent === from.identity;
    return {
      ...object,
      identity: whole(object.identity) as Identity,
      name: whole(object.name),
      ...(object.parent === undefined ? {} : { parent: whole(object.parent) as Identity }),
      ...(object.shape === undefined ? {} : { shape: whole(object.shape) }),
      facts: isOwn ? withSequence(object, facts, from, to) : facts,
      dependsOn: object.dependsOn.map((one) => ({ ...one, on: whole(one.on) as Identity })),
    };
  };
}

/** Their columns are written with the table's name, where it has no alias. */
const queries: ReadonlySet<string> = new Set(["view", "materialized view", "rule", "policy"]);
const isRoutine = ({ kind }: CatalogObject): boolean => kind === "function" || kind === "procedure";

/** Indexes and sequences that go with a table into another schema, with their names there. */
function movedWith(from: CatalogObject, to: CatalogObject, lookup: Lookup): readonly (readonly [string, string])[] {
  if (schemaOf(from.name) === schemaOf(to.name)) return [];
  const names = [
    ...ownNames(from, lookup),
    ...lookup.partsOf(from.identity).flatMap((part) => textOf(part, "sequence") ?? []),
  ];
  return names.map((name) => [name, `${schemaOf(to.name)}.${lastPart(name)}`] as const);
}

/** The sequence of an identity keeps its name, which is told where it is not the one that Postgres would choose. */
function withSequence(column: CatalogObject, facts: Facts, from: CatalogObject, to: CatalogObject): Facts {
  if (textOf(column, "identity") === undefined) return facts;
  const chosenFor = (table: CatalogObject): string =>
    `${plainName(lastPart(table.name))}_${plainName(textOf(column, "name") ?? "")}_seq`;
  const { sequence, ...others } = facts;
  const name = typeof sequence === "string" ? sequence : `${schemaOf(to.name)}.${quoted(chosenFor(from))}`;
  return plainName(lastPart(name)) === chosenFor(to) ? others : { ...facts, sequence: name };
}

const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

/** Of `public."two.words"` the schema, and the last name, as they are written. */
const schemaOf = (name: string): string => name.slice(0, name.length - lastPart(name).length - 1);
const lastPart = (name: string): string => /(?:"(?:[^"]|"")*"|[^".]+)$/.exec(name)?.[0] ?? name;

/** Replaces a name where it stands as a whole, and not at the end of another one. */
function nameIn(old: string, now: string): (text: string) => string {
  const escaped = old.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  const end = old.endsWith(".") ? "" : String.raw`(?![\w$"\u0080-\uffff])`;
  const pattern = new RegExp(String.raw`(?<![\w$."\u0080-\uffff])${escaped}${end}`, "gu");
  return (text) => text.replaceAll(pattern, () => now);
}

/** The statements for a table that is there under another name. */
export function renameTable(before: CatalogObject, after: CatalogObject): readonly string[] {
  const [oldTable, newTable] = [lastPart(before.name), lastPart(after.name)];
  const [oldSchema, newSchema] = [schemaOf(before.name), schemaOf(after.name)];
  const isMoved = oldSchema !== newSchema;
  const moved = isMoved ? `${newSchema}.${oldTable}` : before.name;
  return [
    ...(isMoved ? [`alter table ${before.name} set schema ${newSchema}`] : []),
    ...(oldTable === newTable ? [] : [`alter table ${moved} rename to ${newTable}`]),
  ];
}
