import type { Path } from "../../source.ts";
import type { MapTree, Tree } from "../../tree.ts";
import { plainOf } from "../check-schema.ts";
import type { ComposeProject } from "../model.ts";
import { profilesOf } from "../profiles.ts";
import type { Report } from "../report.ts";
import { entriesAt, textAt } from "../trees.ts";
import { Fields } from "./fields.ts";
import { readConfig, readModel, readNetwork, readSecret, readVolumeResource } from "./resources.ts";
import { readService } from "./service.ts";

/** The model of a normalised document, with everything that it defines. */
export function readProject(
  document: MapTree,
  options: {
    readonly directory: string;
    readonly isActive: (service: Tree) => boolean;
    /** Values of variables that configs and secrets name, by `SECTION.NAME`. */
    readonly values: ReadonlyMap<string, string>;
    readonly report: Report;
  },
): ComposeProject {
  const { directory, isActive, values, report } = options;
  const section = <T>(key: string, read: (fields: Fields, name: string) => T): ReadonlyMap<string, T> => {
    const entries = [...entriesAt(document, key)].filter(([, { tree }]) => tree.type === "map");
    return new Map(entries.map(([name, { tree }]) => [name, read(fieldsOf(tree, [key, name]), name)]));
  };
  const fieldsOf = (tree: Tree, path: Path): Fields => new Fields(tree, path, report);
  const services = [...entriesAt(document, "services")].filter(([, { tree }]) => tree.type === "map");
  const read = services.map(([name, { tree }]) => ({
    name,
    tree,
    service: readService(fieldsOf(tree, ["services", name])),
  }));
  return {
    name: textAt(document, "name") ?? "",
    directory,
    services: new Map(read.filter(({ tree }) => isActive(tree)).map(({ name, service }) => [name, service])),
    inactive: new Map(read.filter(({ tree }) => !isActive(tree)).map(({ name, tree }) => [name, profilesOf(tree)])),
    networks: section("networks", readNetwork),
    volumes: section("volumes", readVolumeResource),
    configs: section("configs", (fields, name) => readConfig(fields, values.get(`configs.${name}`))),
    secrets: section("secrets", (fields, name) => readSecret(fields, values.get(`secrets.${name}`))),
    models: section("models", readModel),
    extensions: new Map(
      [...document.entries].filter(([key]) => key.startsWith("x-")).map(([key, { tree }]) => [key, plainOf(tree)]),
    ),
  };
}
