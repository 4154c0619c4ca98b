import { parentName, textOf, type CatalogObject } from "../model.ts";
import { changeGrants, keyword } from "./words.ts";

/** Without CASCADE: what else needs the object is for a person to see. */
export function dropObject(object: CatalogObject): readonly string[] {
  const { kind, name } = object;
  switch (kind) {
    case "database":
    case "default privileges":
      return changeGrants({ ...object, grants: [] }, object.grants);
    case "column":
    case "constraint":
    case "foreign key":
      return [`alter table ${parentName(object)} drop ${keyword(kind)} ${textOf(object, "name")}`];
    case "domain constraint":
      return [`alter domain ${parentName(object)} drop constraint ${textOf(object, "name")}`];
    case "table":
      // Foreign keys that lead to the partitioned table hold a partition while it is one.
      return [
        ...(textOf(object, "partitionOf") === undefined
          ? []
          : [`alter table ${textOf(object, "partitionOf")} detach partition ${name}`]),
        `drop table ${name}`,
      ];
    default:
      return [`drop ${keyword(kind)} ${name}`];
  }
}
