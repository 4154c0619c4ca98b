import type { Path } from "../../source.ts";
import { renderPath, type MapTree, type Tree } from "../../tree.ts";
import { isAddress } from "../rebase.ts";
import type { Report } from "../report.ts";
import { entriesAt, textAt, valueAt, withEntries } from "../trees.ts";
import type { Support, SupportedKeys, SupportTable } from "./levels.ts";
import { supportTable } from "./table.ts";

export interface SupportCheck {
  /** Only these services matter: the others are not started. */
  readonly isActive: (service: Tree) => boolean;
  readonly report: Report;
  /** Whether what cannot be deployed is an error; else it is a warning. */
  readonly refuses: boolean;
}

/** Tells every key of a canonical document that is ignored or refused. */
export function checkSupport(document: MapTree, { isActive, report, refuses }: SupportCheck): void {
  const refuse = (what: string, tree: Tree | undefined): void => {
    if (tree === undefined) return;
    if (refuses) report.mistake("COMPOSE_REFUSED", what, tree.place, "remove it, or run this part with Docker Compose");
    else report.warn(`${what} (a deployment is refused)`, tree.place);
  };

  function visit(tree: Tree, table: SupportTable, at: At): void {
    if (tree.type === "list") for (const [index, item] of tree.items.entries()) visit(item, table, inside(at, index));
    if (tree.type !== "map") return;
    for (const [key, entry] of tree.entries) {
      const known = Object.hasOwn(table, key) ? table[key] : undefined;
      if (known !== undefined) visitKey(entry.tree, known, { keys: [...at.keys, key], path: [...at.path, key] });
    }
  }

  function visitKey(tree: Tree, known: Support | SupportedKeys, at: At): void {
    const { level, reason = "" } = "own" in known ? known.own : known;
    if (isOff(tree)) return;
    const told = `\`${renderPath(at.path)}\` is ${level}: ${reason}`;
    if (level === "ignored") report.warn(told, tree.place);
    else if (level === "refused") refuse(told, tree);
    else if ("keys" in known) visitKeys(tree, known.keys, at);
  }

  function visitKeys(tree: Tree, table: SupportTable, at: At): void {
    if (tree.type !== "map" || !named.has(at.keys.join("."))) return visit(tree, table, at);
    // Names of the user's, which may be the same as keys.
    for (const [name, { tree: inner }] of tree.entries) visit(inner, table, inside(at, name));
  }

  const services = [...entriesAt(document, "services")].filter(([, { tree }]) => isActive(tree));
  const section = valueAt(document, "services");
  const active =
    section?.type === "map"
      ? withEntries(
          document,
          new Map(document.entries).set("services", {
            place: section.place,
            tree: withEntries(section, new Map(services)),
          }),
        )
      : document;
  visit(active, supportTable, { keys: [], path: [] });

  for (const [name, { tree: service }] of services) {
    const context = valueAt(valueAt(service, "build"), "context");
    if (context?.type === "scalar" && isAddress(context.text)) {
      refuse(
        `\`${renderPath(["services", name, "build", "context"])}\` is refused: an address whose content changes unseen`,
        context,
      );
    }
    const volumes = valueAt(service, "volumes");
    for (const volume of volumes?.type === "list" ? volumes.items : []) {
      const type = textAt(volume, "type");
      if (type === "cluster") refuse("a volume of the type `cluster` is refused: it needs a Swarm", volume);
      if (type === "npipe") refuse("a volume of the type `npipe` is refused: it needs Windows", volume);
    }
  }
}

/** Where we are: by the keys of the table, and as the user wrote it. */
interface At {
  readonly keys: readonly string[];
  readonly path: Path;
}

const inside = ({ keys, path }: At, step: string | number): At => ({ keys, path: [...path, step] });

/** Parts whose keys are names of the user's. */
const named = new Set([
  "services",
  "networks",
  "volumes",
  "configs",
  "secrets",
  "models",
  "services.networks",
  "services.depends_on",
  "services.ulimits",
  "services.build.ulimits",
  "services.models",
]);

/** `external: false` and the like ask for nothing. */
const isOff = (tree: Tree): boolean =>
  tree.type === "scalar" && (tree.value === null || tree.value === false || tree.value === "false");
