import { textOf, type Catalog, type CatalogObject } from "../../core/catalog/model.ts";
import type { LiveFunction } from "../shadow-files.ts";

/** What users have made, not what came with extensions. */
export function functionsIn({ objects }: Catalog): readonly LiveFunction[] {
  const fired = new Set(objects.filter(isTrigger).flatMap(({ dependsOn }) => dependsOn.map(({ on }) => on)));
  return objects.flatMap((object) => {
    const definition = textOf(object, "definition");
    if ((object.kind !== "function" && object.kind !== "procedure") || definition === undefined) return [];
    return [{ identity: object.identity, definition, isFired: fired.has(object.identity) }];
  });
}

/** Also one that is off: a migration may turn it on. */
const isTrigger = ({ kind }: CatalogObject): boolean => kind === "trigger" || kind === "event trigger";
