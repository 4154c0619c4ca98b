import { isAlias, isMap, isSeq, type Pair, type Scalar as YamlScalar } from "yaml";
import type { ParsedNode } from "yaml";
import { PoststackError, PoststackErrors } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import { limitError, limits } from "./limits.ts";
import { resolvePlain } from "./scalar.ts";
import { syntaxError, type PlaceAt } from "./text.ts";
import type { Entry, Scalar, Tree } from "./tree.ts";

type Pairs = readonly Pair<ParsedNode | null, ParsedNode | null>[];

/** How much a part of the tree is once aliases stand for what they name. */
interface Extent {
  readonly values: number;
  readonly depth: number;
}

/** What a kind of files understands beyond YAML's core schema. */
export interface Dialect {
  /** Tags that the tree keeps, for whoever reads it. */
  readonly tags: ReadonlySet<string>;
  /** What an unquoted text means. */
  readonly resolve: (text: string) => Scalar["value"];
}

/** The core schema of YAML 1.2, and nothing else. */
export const coreDialect: Dialect = { tags: new Set(), resolve: resolvePlain };

/** The tags of YAML's core schema; another one would ask for something that no key here means. */
const knownTag = /^tag:yaml\.org,2002:(?:null|str|int|float|bool|map|seq)$/;

const nothing = (place: Place): Scalar => ({ type: "scalar", value: null, text: "", plain: true, place });

/**
 * The library's nodes as our tree: aliases followed, `<<` merged, every key a text that stands once.
 *
 * @throws PoststackErrors of `CONFIG_SYNTAX`, `CONFIG_DUPLICATE_KEY`, `CONFIG_LIMIT`
 */
export function buildTree(contents: unknown, placeAt: PlaceAt, { tags, resolve }: Dialect = coreDialect): Tree {
  const errors: PoststackError[] = [];
  const anchors = new Map<string, Tree>();
  /** Anchors of what we are inside of. */
  const open = new Set<string>();
  const extents = new Map<Tree, Extent>();
  let copied = 0;

  function measured(tree: Tree, parts: Iterable<Tree>): Tree {
    let values = 1;
    let depth = 0;
    for (const part of parts) {
      const extent = extents.get(part);
      values += extent?.values ?? 1;
      depth = Math.max(depth, extent?.depth ?? 0);
    }
    if (values > limits.values) throw limitError(`more than ${limits.values} values, aliases followed`, tree.place);
    if (depth >= limits.depth) throw limitError(`nested more than ${limits.depth} deep`, tree.place);
    extents.set(tree, { values, depth: depth + 1 });
    return tree;
  }

  function convert(node: ParsedNode | null, around: Place): Tree {
    if (node === null) return nothing(around);
    const place = placeAt(node.range[0]);
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) errors.push(unknownAlias(node.source, open, place));
      return target ?? nothing(place);
    }
    const tag = node.tag !== undefined && tags.has(node.tag) ? node.tag : undefined;
    if (tag === undefined && node.tag !== undefined && !knownTag.test(node.tag)) {
      errors.push(syntaxError("a tag that means nothing here", place, "remove the tag"));
    }
    if (node.anchor !== undefined) open.add(node.anchor);
    const untagged = convertNode(node, place, tag !== undefined);
    const tree = tag === undefined ? untagged : measured({ ...untagged, tag }, partsOf(untagged));
    if (node.anchor !== undefined) {
      open.delete(node.anchor);
      anchors.set(node.anchor, tree);
    }
    return tree;
  }

  function convertNode(node: ParsedNode, place: Place, hasOwnTag: boolean): Tree {
    if (isMap(node)) {
      const entries = convertEntries(node.items, place);
      return measured(
        { type: "map", entries, place },
        Array.from(entries.values(), (entry) => entry.tree),
      );
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => convert(item as ParsedNode | null, place));
      return measured({ type: "list", items, place }, items);
    }
    return convertScalar(node as YamlScalar, place, hasOwnTag);
  }

  function convertScalar(node: YamlScalar, place: Place, hasOwnTag: boolean): Scalar {
    const text = node.source ?? "";
    if (node.type === "PLAIN" && (node.tag === undefined || hasOwnTag)) {
      return { type: "scalar", value: resolve(text), text, plain: true, place };
    }
    // Quoted, or with a tag of the core schema, which the library has resolved.
    const value = node.value as Scalar["value"];
    return { type: "scalar", value, text: typeof value === "string" ? value : text, plain: false, place };
  }

  function convertEntries(pairs: Pairs, around: Place): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    let merges: Entry | undefined;
    for (const pair of pairs) {
      const key = convert(pair.key, around);
      const entry = { place: key.place, tree: convert(pair.value, key.place) };
      if (key.type !== "scalar" || (key.plain && key.value === null)) {
        errors.push(syntaxError("a key that is not a text", key.place, "write `key: value`"));
        continue;
      }
      const isMerge = key.plain && key.text === "<<";
      const first = isMerge ? merges : entries.get(key.text);
      if (first !== undefined) {
        const what = `the key \`${key.text}\` is written twice`;
        const next = `it stands in line ${first.place.line} already: join the two`;
        errors.push(new PoststackError("CONFIG_DUPLICATE_KEY", { what, where: key.place, next }));
      } else if (isMerge) {
        merges = entry;
      } else {
        entries.set(key.text, entry);
      }
    }
    if (merges !== undefined) merge(entries, merges.tree);
    return entries;
  }

  /** What is written in the map itself wins, then the earlier of several (yaml.org/type/merge.html). */
  function merge(entries: Map<string, Entry>, source: Tree): void {
    for (const part of source.type === "list" ? source.items : [source]) {
      if (part.type !== "map") {
        errors.push(syntaxError("`<<` merges something that is not a map", part.place, "write `<<: *name`"));
        continue;
      }
      copied += part.entries.size;
      if (copied > limits.values) throw limitError(`more than ${limits.values} values, merges followed`, part.place);
      for (const [key, entry] of part.entries) if (!entries.has(key)) entries.set(key, entry);
    }
  }

  try {
    const tree = convert(contents as ParsedNode | null, placeAt(0));
    if (errors.length === 0) return tree;
  } catch (error) {
    if (!(error instanceof PoststackError)) throw error;
    errors.push(error);
  }
  throw new PoststackErrors(errors);
}

/** Maps and lists have them. */
function partsOf(tree: Tree): readonly Tree[] {
  if (tree.type === "scalar") return [];
  return tree.type === "list" ? tree.items : Array.from(tree.entries.values(), (entry) => entry.tree);
}

const unknownAlias = (name: string, open: ReadonlySet<string>, place: Place): PoststackError =>
  open.has(name)
    ? syntaxError(`\`*${name}\` holds itself`, place, "remove the alias")
    : syntaxError(`no anchor \`&${name}\` stands above`, place, `write \`&${name}\` before what it stands for`);
