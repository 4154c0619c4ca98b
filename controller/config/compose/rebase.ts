import { isAbsolute, join, resolve } from "node:path";
import type { MapTree, Tree } from "../tree.ts";
import { inside, type Shape } from "./shape.ts";
import { mapItems, mapValues, textAt, textTree, valueAt, withValue } from "./trees.ts";

/** What relative paths start from. */
export interface Base {
  /** Absolute: the folder that a file's paths are relative to. */
  readonly directory: string;
  /** Absolute, for `~`; undefined: not known. */
  readonly home: string | undefined;
}

/** A document whose paths are all absolute. It is canonical. */
export function rebase(tree: Tree, shape: Shape, base: Base): Tree {
  if (tree.type === "scalar") return shape.path === undefined ? tree : moved(tree, shape.path, base);
  if (tree.type === "list") return mapItems(tree, (item, index) => rebase(item, inside(shape, index), base));
  const keysOfBind = shape.keys?.["source"]?.path === "source" && textAt(tree, "type") !== "bind";
  return mapValues(tree, (value, key) =>
    key === "source" && keysOfBind ? value : rebase(value, inside(shape, key), base),
  );
}

/** The `device` of a local volume that is a bind mount is a path as well. */
export function rebaseDevices(volumes: MapTree, base: Base): MapTree {
  return mapValues(volumes, (volume) => {
    const options = valueAt(volume, "driver_opts");
    const device = valueAt(options, "device");
    const isLocal = (textAt(volume, "driver") ?? "local") === "local";
    const isBind = textAt(options, "o")?.split(",").includes("bind") === true;
    if (!isLocal || !isBind || device?.type !== "scalar" || options?.type !== "map" || volume.type !== "map")
      return volume;
    return withValue(volume, "driver_opts", withValue(options, "device", moved(device, "path", base)));
  });
}

function moved(tree: Tree, kind: NonNullable<Shape["path"]>, base: Base): Tree {
  if (tree.type !== "scalar" || typeof tree.value !== "string") return tree;
  if (kind === "context" && isAddress(tree.value)) return tree;
  return textTree(absolute(tree.value, base), tree.place);
}

/** A path as an absolute one. A path of Windows stays what it is. */
export function absolute(path: string, { directory, home }: Base): string {
  if (home !== undefined && /^~(?:\/|$)/.test(path)) return join(home, path.slice(1));
  if (isAbsolute(path) || /^(?:\\\\|[A-Za-z]:[\\/])/.test(path)) return path;
  return resolve(directory, path);
}

/** What a builder fetches itself: a URL, a git repository, another service's image. */
export const isAddress = (context: string): boolean =>
  /^(?:[a-z][a-z0-9+.-]*:\/\/|service:|github\.com\/|git@)/.test(context);
