import type { Place } from "../../core/place.ts";
import type { Entry, MapTree, Tree } from "../tree.ts";
import { entriesAt, itemsAt, mapTree, textAt, textTree, valueAt, valueTree, withEntries, withValue } from "./trees.ts";

/** A document in which everything stands that Compose adds by itself: dependencies, the default network, names. */
export function normalise(document: MapTree, project: string): MapTree {
  const services = new Map<string, Entry>();
  for (const [name, entry] of entriesAt(document, "services")) {
    services.set(name, entry.tree.type === "map" ? { ...entry, tree: normaliseService(entry.tree) } : entry);
  }
  const written = valueAt(document, "services");
  let whole = written?.type === "map" ? withValue(document, "services", withEntries(written, services)) : document;
  if ([...services.values()].some(({ tree }) => entriesAt(tree, "networks").has("default"))) {
    const networks = valueAt(whole, "networks");
    const map = networks?.type === "map" ? networks : mapTree([], whole.place);
    const entry = map.entries.get("default") ?? { place: map.place, tree: mapTree([], map.place) };
    whole = withValue(whole, "networks", withEntries(map, new Map(map.entries).set("default", entry)));
  }
  for (const section of ["networks", "volumes", "configs", "secrets"]) {
    const map = valueAt(whole, section);
    if (map?.type === "map") whole = withValue(whole, section, withNames(map, project));
  }
  return withValue(whole, "name", textTree(project, valueAt(whole, "name")?.place ?? whole.place));
}

/** What has no name is named after project and key; what exists outside is not the project's, and keeps its key. */
function withNames(section: MapTree, project: string): MapTree {
  const entries = Array.from(section.entries, ([key, entry]): [string, Entry] => {
    const { tree, place } = entry;
    if (tree.type === "list" || (tree.type === "scalar" && tree.value !== null)) return [key, entry];
    const map = tree.type === "map" ? tree : mapTree([], place);
    if ((textAt(map, "name") ?? "") !== "") return [key, { ...entry, tree: map }];
    const name = isExternal(map) ? key : `${project}_${key}`;
    return [key, { ...entry, tree: withValue(map, "name", textTree(name, place)) }];
  });
  return withEntries(section, new Map(entries));
}

function isExternal(map: MapTree): boolean {
  const external = valueAt(map, "external");
  return external?.type === "scalar" && (external.value === true || external.value === "true");
}

function normaliseService(service: MapTree): MapTree {
  return withDependencies(withNetworks(service));
}

/** A service without networks of its own is on the default one, unless it shares somebody else's (spec, 06-networks). */
function withNetworks(service: MapTree): MapTree {
  if (service.entries.has("network_mode") || service.entries.has("provider")) return service;
  const networks = valueAt(service, "networks");
  if (networks !== undefined && (networks.type !== "map" || networks.entries.size > 0)) return service;
  const place = networks?.place ?? service.place;
  return withValue(service, "networks", mapTree([["default", valueTree(null, place)]], place));
}

/** What a service shares with another one must be there first (spec, 05-services: links, volumes_from, ipc …). */
function withDependencies(service: MapTree): MapTree {
  const found = new Map<string, Entry>();
  const add = (name: string, restarts: boolean, place: Place): void => {
    if (!found.has(name)) found.set(name, { place, tree: dependency(restarts, place) });
  };
  for (const { text, place } of texts(itemsAt(service, "links"))) add(text.split(":")[0] ?? text, true, place);
  for (const key of ["network_mode", "ipc", "pid", "uts", "cgroup"]) {
    const value = valueAt(service, key);
    if (value?.type === "scalar" && value.text.startsWith("service:")) add(value.text.slice(8), true, value.place);
  }
  for (const { text, place } of texts(itemsAt(service, "volumes_from"))) {
    if (!text.startsWith("container:")) add(text.split(":")[0] ?? text, false, place);
  }
  if (found.size === 0) return service;
  const written = valueAt(service, "depends_on");
  const own = written?.type === "map" ? written : mapTree([], service.place);
  return withValue(service, "depends_on", withEntries(own, new Map([...found, ...own.entries])));
}

const dependency = (restarts: boolean, place: Place): MapTree =>
  mapTree(
    [
      ["condition", textTree("service_started", place)],
      ["restart", restarts ? valueTree(true, place) : undefined],
      ["required", valueTree(true, place)],
    ],
    place,
  );

const texts = (items: readonly Tree[]): readonly { readonly text: string; readonly place: Place }[] =>
  items.flatMap((item) => (item.type === "scalar" && typeof item.value === "string" ? [item] : []));
