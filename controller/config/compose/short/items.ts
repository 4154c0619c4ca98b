import type { Tree } from "../../tree.ts";
import type { Report } from "../report.ts";
import { listTree, mapTree, textAt, textTree, valueAt, valueTree, withValue, without } from "../trees.ts";
import { fromList, toBoolean, toList, toNames } from "./maps.ts";
import { splitWords } from "./words.ts";

// The short forms of single things. What has another type than any of the forms is left for the schema to refuse.

/** A text alone for a map with one key. */
const keyed =
  (key: string) =>
  (tree: Tree): Tree =>
    tree.type === "scalar" && typeof tree.value === "string" ? mapTree([[key, tree]], tree.place) : tree;

export const toBuild = keyed("context");
export const toExtends = keyed("service");
const toSource = keyed("source");

/** `include: [FILE, { path: FILE }]` with lists of paths. */
export function toInclude(tree: Tree): Tree {
  const item = keyed("path")(tree);
  if (item.type !== "map") return item;
  return ["path", "env_file"].reduce<Tree>((map, key) => {
    const value = valueAt(map, key);
    return value === undefined || map.type !== "map" ? map : withValue(map, key, toList(value));
  }, item);
}

/** `[NAME]` or a map for the conditions under which a service starts. */
export function toDependencies(tree: Tree): Tree {
  const map = fromList(tree, (item) =>
    item.type === "scalar"
      ? [
          item.text,
          mapTree(
            [
              ["condition", textTree("service_started", item.place)],
              ["required", valueTree(true, item.place)],
            ],
            item.place,
          ),
        ]
      : undefined,
  );
  if (map.type !== "map") return map;
  const entries = Array.from(map.entries, ([name, entry]) => {
    if (entry.tree.type !== "map") return [name, entry] as const;
    const required = valueAt(entry.tree, "required") ?? valueTree(true, entry.tree.place);
    return [name, { ...entry, tree: withValue(entry.tree, "required", toBoolean(required)) }] as const;
  });
  return { ...map, entries: new Map(entries) };
}

/** `FILE`, `[FILE]`, `[{ path: FILE }]` for a list of maps. */
export function toEnvFiles(tree: Tree): Tree {
  const list = toList(tree);
  if (list.type !== "list") return list;
  return { ...list, items: list.items.map(keyed("path")) };
}

/** A config or secret by its name alone. */
export const toMount = toSource;

/** The path of a secret where nothing is said about it (spec, 05-services: secrets). */
export function toSecret(tree: Tree): Tree {
  const map = toMount(tree);
  const source = textAt(map, "source");
  if (map.type !== "map" || source === undefined || map.entries.has("target")) return map;
  return withValue(map, "target", textTree(`/run/secrets/${source}`, map.place));
}

/** The path of a config where nothing is said about it (spec, 05-services: configs). */
export function toConfig(tree: Tree): Tree {
  const map = toMount(tree);
  const source = textAt(map, "source");
  if (map.type !== "map" || source === undefined || map.entries.has("target")) return map;
  return withValue(map, "target", textTree(`/${source}`, map.place));
}

/** `SOURCE[:TARGET[:PERMISSIONS]]`. */
export function toDevice(tree: Tree, report: Report): Tree {
  if (tree.type !== "scalar" || typeof tree.value !== "string") return withDeviceDefaults(tree);
  const [source = "", target = source, permissions = "rwm", more] = tree.value.split(":");
  if (more !== undefined || source === "") {
    report.mistake(
      "CONFIG_TYPE",
      `the device ${JSON.stringify(tree.text)} does not parse`,
      tree.place,
      "write SOURCE:TARGET:PERMISSIONS, such as /dev/sda:/dev/xvda:r",
    );
  }
  const { place } = tree;
  return mapTree(
    [
      ["source", textTree(source, place)],
      ["target", textTree(target, place)],
      ["permissions", textTree(permissions, place)],
    ],
    place,
  );
}

function withDeviceDefaults(tree: Tree): Tree {
  const source = valueAt(tree, "source");
  if (tree.type !== "map" || source === undefined) return tree;
  const target = valueAt(tree, "target") ?? source;
  const permissions = valueAt(tree, "permissions") ?? textTree("rwm", tree.place);
  return withValue(withValue(tree, "target", target), "permissions", permissions);
}

/** `all` for one request of all devices. */
export function toGpus(tree: Tree): Tree {
  if (tree.type !== "scalar" || tree.value !== "all") return tree;
  return listTree([mapTree([["count", valueTree(-1, tree.place)]], tree.place)], tree.place);
}

/** A request that says neither how many nor which devices wants all of them. */
export function toDeviceRequest(tree: Tree): Tree {
  if (tree.type !== "map") return tree;
  const count = valueAt(tree, "count");
  const isAll =
    count === undefined ? !tree.entries.has("device_ids") : count.type === "scalar" && /^all$/i.test(count.text);
  return isAll ? withValue(tree, "count", valueTree(-1, count?.place ?? tree.place)) : tree;
}

/** One number for both limits. */
export function toUlimit(tree: Tree): Tree {
  if (tree.type !== "scalar" || tree.value === null || typeof tree.value === "boolean") return tree;
  return mapTree(
    [
      ["soft", tree],
      ["hard", tree],
    ],
    tree.place,
  );
}

/** A command as its words. */
export function toCommand(tree: Tree, report: Report): Tree {
  if (tree.type !== "scalar" || typeof tree.value !== "string") return tree;
  const { place } = tree;
  const split = splitWords(tree.value);
  if (split === undefined) {
    report.mistake(
      "CONFIG_TYPE",
      "a quote of the command is not closed",
      place,
      'close it, or write the words as a list: ["a", "b"]',
    );
    return listTree([], place);
  }
  if (split.rest !== undefined) {
    const cutOff = split.rest.length > 40 ? `${split.rest.slice(0, 39)}…` : split.rest;
    report.warn(
      `the command ends before \`${cutOff.replaceAll(/\s+/g, " ")}\`: Compose runs no shell`,
      place,
      'write ["sh", "-c", "…"] for a command that a shell is to read',
    );
  }
  return listTree(
    split.words.map((word) => textTree(word, place)),
    place,
  );
}

/** One text is for the shell of the container. */
export function toTest(tree: Tree): Tree {
  if (tree.type !== "scalar" || typeof tree.value !== "string") return tree;
  return listTree([textTree("CMD-SHELL", tree.place), tree], tree.place);
}

/** `external: { name: NAME }`, an older form, for `external: true` beside `name: NAME`. */
export function toResource(tree: Tree, report: Report): Tree {
  if (tree.type !== "map") return tree;
  const external = valueAt(tree, "external");
  if (external?.type !== "map") return tree;
  const name = valueAt(external, "name");
  const flagged = withValue(tree, "external", valueTree(true, external.place));
  if (name === undefined) return flagged;
  const written = valueAt(tree, "name");
  if (written !== undefined && textAt(tree, "name") !== textAt(external, "name")) {
    report.mistake(
      "COMPOSE_CONFLICT",
      "`name` and `external.name` are two names for one thing",
      name.place,
      "keep `name`",
    );
  }
  return withValue(flagged, "name", name);
}

/** `default`, `ID=PATH` or `[ID=PATH]` for a map; an id alone has the agent's socket. */
export function toSsh(tree: Tree): Tree {
  return fromList(toList(tree), (item) => {
    if (item.type !== "scalar" || typeof item.value !== "string") return undefined;
    const at = item.value.indexOf("=");
    return at < 0
      ? [item.value, textTree("", item.place)]
      : [item.value.slice(0, at), textTree(item.value.slice(at + 1), item.place)];
  });
}

/** `[NAME]` for the models of a service. */
export const toModels = (tree: Tree): Tree =>
  fromList(tree, (item) => (item.type === "scalar" ? [item.text, mapTree([], item.place)] : undefined));

/** `[NAME]` for the networks of a service. */
export const toNetworks = toNames;

/** `if_not_present` is the same as `missing`. */
export const toPullPolicy = (tree: Tree): Tree =>
  tree.type === "scalar" && tree.value === "if_not_present" ? textTree("missing", tree.place) : tree;

/** The file's format version, which means nothing any more. */
export function withoutVersion(tree: Tree, report: Report): Tree {
  const version = tree.type === "map" ? tree.entries.get("version") : undefined;
  if (version === undefined || tree.type !== "map") return tree;
  report.warn("`version` means nothing any more", version.place, "remove it");
  return without(tree, new Set(["version"]));
}
