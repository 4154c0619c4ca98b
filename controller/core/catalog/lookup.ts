import type { Catalog, CatalogObject, Identity } from "./model.ts";

/** A catalog's objects by name, and what belongs to each. */
export interface Lookup {
  readonly get: (identity: Identity) => CatalogObject | undefined;
  /** In the catalog's order: columns as they stand in their table. */
  readonly partsOf: (identity: Identity) => readonly CatalogObject[];
}

export function lookupOf({ objects }: Pick<Catalog, "objects">): Lookup {
  const byIdentity = new Map(objects.map((object) => [object.identity, object]));
  const parts = new Map<Identity, CatalogObject[]>();
  for (const object of objects) {
    if (object.parent === undefined) continue;
    const list = parts.get(object.parent) ?? [];
    parts.set(object.parent, list);
    list.push(object);
  }
  return { get: (identity) => byIdentity.get(identity), partsOf: (identity) => parts.get(identity) ?? [] };
}

export const isCheck = (object: CatalogObject): boolean =>
  object.kind === "constraint" && object.shape === undefined && !isNotValid(object);

/** Such a check is added to a table that is there: in CREATE TABLE it would be taken for proved. */
const isNotValid = ({ facts }: CatalogObject): boolean => /\bNOT VALID$/.test(String(facts["definition"]));
