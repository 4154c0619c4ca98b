import { kinds, type CatalogObject, type Identity, type ObjectKind } from "./model.ts";

/** Objects that other programs keep in the database, and why nobody minds. */
export interface Expectation {
  /**
   * As a person names them: `public.cache_*`, `table audit.*`, without quotes; `*` stands for any characters, and without a
   * kind it is any. What belongs to a table goes with it.
   */
  readonly patterns: readonly string[];
  readonly because: string;
}

/** Says why an object may differ; undefined: nobody has said so. */
export function expecting(expectations: readonly Expectation[]): (object: Named) => string | undefined {
  const rules = expectations.flatMap(({ patterns, because }) =>
    patterns.map((pattern) => ({ fits: matcher(pattern), because })),
  );
  return ({ kind, identity, parent }) => {
    const own = nameOf(identity, kind);
    const home = kindOf(parent);
    const names = [{ kind, name: own }, ...(parent === undefined || home === undefined ? [] : [home])];
    return rules.find(({ fits }) => names.some(fits))?.because;
  };
}

type Named = Pick<CatalogObject, "kind" | "identity" | "parent">;

interface KindAndName {
  readonly kind: ObjectKind;
  readonly name: string;
}

function matcher(pattern: string): (one: KindAndName) => boolean {
  const kind = kindIn(pattern);
  const glob = kind === undefined ? pattern : pattern.slice(kind.length + 1);
  const words = glob.split("*").map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  const name = new RegExp(`^${words.join("[\\s\\S]*")}$`);
  return (one) => (kind === undefined || kind === one.kind) && name.test(one.name);
}

/** The longest: a foreign table is no table. */
const kindIn = (text: string): ObjectKind | undefined =>
  kinds.filter((kind) => text.startsWith(`${kind} `)).sort((a, b) => b.length - a.length)[0];

function kindOf(identity: Identity | undefined): KindAndName | undefined {
  const kind = identity === undefined ? undefined : kindIn(identity);
  return kind === undefined || identity === undefined ? undefined : { kind, name: nameOf(identity, kind) };
}

/** `table "façade".cache` → `façade.cache` */
const nameOf = (identity: Identity, kind: ObjectKind): string =>
  identity === "database"
    ? identity
    : identity
        .slice(kind.length + 1)
        .replaceAll(/"((?:[^"]|"")*)"/g, (_all, inner: string) => inner.replaceAll('""', '"'));
