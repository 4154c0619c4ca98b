import { posix } from "node:path";
import type { Tree } from "../../tree.ts";
import type { Report } from "../report.ts";
import { mapTree, textAt, textTree, valueTree, withValue } from "../trees.ts";

const propagations = new Set(["rprivate", "private", "rshared", "shared", "rslave", "slave"]);
/** For macOS, where a share with the virtual machine may lag behind; anywhere else they never meant anything. */
const consistencies = new Set(["cached", "delegated", "consistent"]);

/** An item of `volumes`: the short form `[SOURCE:]TARGET[:OPTIONS]` expanded. */
export function canonicalVolume(tree: Tree, report: Report): Tree {
  if (tree.type === "map") {
    const target = tree.entries.get("target")?.tree;
    if (target?.type !== "scalar" || typeof target.value !== "string") return tree;
    return withValue(tree, "target", textTree(cleaned(target.value), target.place));
  }
  if (tree.type !== "scalar" || typeof tree.value !== "string") return tree;
  const { place, text } = tree;
  const volume = parseVolume(text);
  if (typeof volume === "string") {
    report.mistake(
      "CONFIG_TYPE",
      `the volume ${JSON.stringify(text)} ${volume}`,
      place,
      "write SOURCE:TARGET or SOURCE:TARGET:ro, or the long form",
    );
    // Something that raises no second complaint.
    return mapTree(
      [
        ["type", textTree("volume", place)],
        ["target", textTree(text === "" ? "?" : text, place)],
      ],
      place,
    );
  }
  const { source, target, options } = volume;
  const isBind = source !== undefined && isPath(source);
  const isReadOnly = options.findLast((option) => option === "ro" || option === "rw") === "ro";
  const propagation = options.findLast((option) => propagations.has(option));
  const selinux = options.findLast((option) => option === "z" || option === "Z");
  const isNocopy = options.includes("nocopy");
  for (const option of options) {
    if (consistencies.has(option)) report.warn(`the option \`${option}\` of a volume means nothing on Linux`, place);
    else if (!isKnown(option)) {
      report.warn(`the option \`${option}\` of a volume is not known, and ignored as Compose does`, place);
    }
  }
  const bind = mapTree(
    [
      ["create_host_path", valueTree(true, place)],
      ["propagation", propagation === undefined ? undefined : textTree(propagation, place)],
      ["selinux", selinux === undefined ? undefined : textTree(selinux, place)],
    ],
    place,
  );
  return mapTree(
    [
      ["type", textTree(isBind ? "bind" : "volume", place)],
      ["source", source === undefined ? undefined : textTree(source, place)],
      ["target", textTree(cleaned(target), place)],
      ["read_only", isReadOnly ? valueTree(true, place) : undefined],
      ["bind", isBind ? bind : undefined],
      ["volume", isNocopy ? mapTree([["nocopy", valueTree(true, place)]], place) : undefined],
    ],
    place,
  );
}

const isKnown = (option: string): boolean =>
  ["ro", "rw", "nocopy", "z", "Z"].includes(option) || propagations.has(option);

/** A path in the container without `.`, `..`, doubled and last slashes. */
const cleaned = (path: string): string => posix.normalize(path).replace(/(?<=.)\/$/, "");

interface Volume {
  readonly source?: string;
  readonly target: string;
  readonly options: readonly string[];
}

/** What is wrong with it, when it is a text. */
function parseVolume(spec: string): Volume | string {
  if (spec === "") return "is empty";
  if (spec.length < 3) return { target: spec, options: [] };
  const sections = splitSections(spec);
  if (sections.some((section) => section === "")) return "has an empty part between colons";
  const [first = "", second, options, more] = sections;
  if (more !== undefined) return "has too many colons";
  if (second === undefined) return { target: first, options: [] };
  return { source: first, target: second, options: options?.split(",") ?? [] };
}

/** A drive of Windows: with a backslash behind it, or as the path before another one. A volume may have one letter. */
const drive = /^[A-Za-z]:(?:\\|\/[^:]*:(?:[/\\]|[A-Za-z]:))/;

/** At colons, but not behind the letter of a drive. */
function splitSections(spec: string): readonly string[] {
  const sections: string[] = [];
  for (let rest = spec; ;) {
    const at = rest.indexOf(":", drive.test(rest) ? 2 : 0);
    sections.push(at < 0 ? rest : rest.slice(0, at));
    if (at < 0) return sections;
    rest = rest.slice(at + 1);
  }
}

/** A path and not the name of a volume. */
const isPath = (source: string): boolean => /^(?:[./~]|\\\\|[A-Za-z]:[/\\])/.test(source);

/** One mount for each target: a later one replaces the earlier. */
export const mountIdentity = (tree: Tree): string | undefined => textAt(tree, "target");
