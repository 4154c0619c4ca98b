import { meanings, type Name } from "../lint/names.ts";
import type { Catalog } from "./catalog.ts";

/** The catalog as a file sees it that sets its search path: what a name means is the first of that name (manual: 5.10.3). */
export function within(path: readonly string[] | undefined, catalog: Catalog): Catalog {
  if (path === undefined) return catalog;
  const resolve = (name: Name): Name => {
    const all = meanings(name, path);
    // What is not there is made in the first.
    return all.find((one) => catalog.find(one) !== undefined) ?? all[0] ?? name;
  };
  return {
    ...catalog,
    resolve,
    find: (name) => catalog.find(resolve(name)),
    rename: (name, relation) => catalog.rename(resolve(name), relation),
    usersOf: (domain) =>
      meanings(domain, path)
        .map(catalog.usersOf)
        .find((oids) => oids.length > 0) ?? [],
  };
}
