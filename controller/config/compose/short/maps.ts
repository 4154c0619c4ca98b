import type { Place } from "../../../core/place.ts";
import type { Entry, Tree } from "../../tree.ts";
import type { Report } from "../report.ts";
import { textOf } from "../scalar.ts";
import { timestampText } from "../timestamp.ts";
import { isNull, listTree, mapTree, mapValues, textTree, valueTree } from "../trees.ts";

// Forms that many keys share. What has another type than any of the forms is left for the schema to refuse.

/** One text for a list of one. */
export const toList = (tree: Tree): Tree =>
  tree.type === "scalar" && tree.value !== null ? listTree([tree], tree.place) : tree;

/** An empty list for nothing. */
export const orNone = (tree: Tree): Tree => (isNull(tree) ? listTree([], tree.place) : tree);

/** `[NAME, NAME]` for a map of names without anything. */
export function toNames(tree: Tree): Tree {
  return fromList(tree, (item) => (item.type === "scalar" ? [item.text, valueTree(null, item.place)] : undefined));
}

/** `[KEY=VALUE, KEY]` for a map; a key alone has `null`. Every value becomes a text. */
export function toPairs(tree: Tree, report: Report): Tree {
  const map = fromList(tree, (item) => {
    if (item.type !== "scalar" || typeof item.value !== "string") return undefined;
    const [key, value] = cut(item.value, "=");
    return [key, value === undefined ? valueTree(null, item.place) : textTree(value, item.place)];
  });
  return toTexts(map, report);
}

/** The same, where a key alone means an empty text. */
export const toLabels = (tree: Tree, report: Report): Tree => emptied(toPairs(tree, report));

/** Every value of a map as a text. */
function toTexts(tree: Tree, report: Report): Tree {
  if (tree.type !== "map") return tree;
  return mapValues(tree, (value) => toTime(value, report) ?? toText(value));
}

/** A date that is not in quotes is a time to Docker Compose, and its text is hardly what somebody meant. */
function toTime(tree: Tree, report: Report): Tree | undefined {
  const text = tree.type === "scalar" && tree.plain ? timestampText(tree.text) : undefined;
  if (text === undefined) return undefined;
  report.warn(`a date without quotes is a time: ${JSON.stringify(text)}`, tree.place, "put it in quotes");
  return textTree(text, tree.place);
}

/** The same, where no value means an empty text. */
export const toOptions = (tree: Tree, report: Report): Tree => emptied(toTexts(tree, report));

const emptied = (tree: Tree): Tree =>
  tree.type === "map" ? mapValues(tree, (value) => (isNull(value) ? textTree("", value.place) : value)) : tree;

/** A number or a truth value as text. */
export const toText = (tree: Tree): Tree =>
  tree.type === "scalar" && tree.value !== null && typeof tree.value !== "string"
    ? textTree(textOf(tree), tree.place)
    : tree;

/** Every item of a list as a text. */
export const toTextList = (tree: Tree): Tree =>
  tree.type === "list" ? { ...tree, items: tree.items.map(toText) } : tree;

/** `[HOST=ADDRESS, HOST:ADDRESS]` for a map from hosts to lists of addresses. */
export function toHosts(tree: Tree, report: Report): Tree {
  if (tree.type === "map") return mapValues(tree, (value) => toList(value));
  if (tree.type !== "list") return tree;
  const hosts = new Map<string, { readonly place: Place; readonly addresses: Tree[] }>();
  for (const item of tree.items) {
    if (item.type !== "scalar" || typeof item.value !== "string") return tree;
    const [host, written = ""] = cut(item.value, item.value.includes("=") ? "=" : ":");
    if (host === "" || written === "") {
      const what = `the host ${JSON.stringify(item.value)} has no address`;
      report.mistake(
        "CONFIG_TYPE",
        what,
        item.place,
        "write HOST=ADDRESS, such as db=10.0.0.5 or host.docker.internal=host-gateway",
      );
      continue;
    }
    const address = textTree(written.replace(/^\[(.*)\]$/, "$1"), item.place);
    const known = hosts.get(host);
    if (known === undefined) hosts.set(host, { place: item.place, addresses: [address] });
    else if (!known.addresses.some((other) => other.type === "scalar" && other.value === address.value))
      known.addresses.push(address);
  }
  return {
    ...mapTree(
      Array.from(hosts, ([host, { place, addresses }]) => [host, listTree(addresses, place)] as const),
      tree.place,
    ),
    ...(tree.tag === undefined ? {} : { tag: tree.tag }),
  };
}

/** `true`, `yes` and the like in a text, where the schema knows nothing but truth values. */
export function toBoolean(tree: Tree): Tree {
  const value = tree.type === "scalar" && typeof tree.value === "string" ? booleanOf(tree.value) : undefined;
  return value === undefined ? tree : valueTree(value, tree.place);
}

/** A number in a text, where the schema knows nothing but numbers. */
export function toNumber(tree: Tree): Tree {
  const isNumber = tree.type === "scalar" && typeof tree.value === "string" && /^-?\d+$/.test(tree.value);
  return isNumber ? valueTree(Number(tree.value), tree.place) : tree;
}

/** What Compose takes for a truth value in a text (yaml.org/type/bool.html). */
export function booleanOf(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (["true", "y", "yes", "on", "1", "t"].includes(word)) return true;
  return ["false", "n", "no", "off", "0", "f"].includes(word) ? false : undefined;
}

/** A list as a map; unchanged, when an item is not of its form. Of one key the last item counts. */
export function fromList(tree: Tree, read: (item: Tree) => readonly [string, Tree] | undefined): Tree {
  if (tree.type !== "list") return tree;
  const entries = new Map<string, Entry>();
  for (const item of tree.items) {
    const entry = read(item);
    if (entry === undefined) return tree;
    entries.set(entry[0], { place: item.place, tree: entry[1] });
  }
  return { type: "map", entries, place: tree.place, ...(tree.tag === undefined ? {} : { tag: tree.tag }) };
}

/** Before and after the first separator. */
function cut(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
