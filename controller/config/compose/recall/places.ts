import type { Place } from "../../../core/place.ts";
import type { Path } from "../../source.ts";
import type { MapTree, Tree } from "../../tree.ts";

/** A document's places without its values, as JSON. */
export interface Places {
  readonly files: readonly string[];
  readonly root: Node;
}

/** File by its number, line, column; of a map or a list also what is in it, by key or index. */
type Node = readonly [file: number, line: number, column: number, inside?: Inside];
type Inside = readonly Node[] | { readonly [key: string]: Node };

export function placesOf(document: MapTree): Places {
  const numbers = new Map<string, number>();
  const node = ({ file, line, column }: Place, tree: Tree): Node => {
    const number = numbers.get(file) ?? numbers.size;
    numbers.set(file, number);
    return tree.type === "scalar" ? [number, line, column] : [number, line, column, inside(tree)];
  };
  const inside = (tree: Exclude<Tree, { type: "scalar" }>): Inside => {
    if (tree.type === "list") return tree.items.map((item) => node(item.place, item));
    const entries = Object.create(null) as { [key: string]: Node };
    // As placeOf of a tree has it: a value of a line tells where it is itself, all else where its key is.
    for (const [key, { place, tree: value }] of tree.entries)
      entries[key] = node(value.type === "scalar" ? value.place : place, value);
    return entries;
  };
  const root = node(document.place, document);
  return { files: [...numbers.keys()], root };
}

/** Where the value at a path was written; for what is not there, the nearest thing around it. */
export function placeAt({ files, root }: Places, path: Path): Place {
  let node = root;
  for (const step of path) {
    const inside = node[3];
    if (inside === undefined) break;
    const found = isList(inside)
      ? inside[Number(step)]
      : Object.hasOwn(inside, String(step))
        ? inside[String(step)]
        : undefined;
    if (found === undefined) break;
    node = found;
  }
  return { file: files[node[0]] ?? "", line: node[1], column: node[2] };
}

const isList = (inside: Inside): inside is readonly Node[] => Array.isArray(inside);
