import type { MapTree } from "../tree.ts";
import type { Findings } from "./consistency.ts";
import { entriesAt, textAt, valueAt } from "./trees.ts";

/** Where configs and secrets have their content from, and what is said about things that exist outside. */
export function checkContents({ document, report, misfits }: Findings): void {
  const sources = { configs: ["file", "environment", "content"], secrets: ["file", "environment"] } as const;
  for (const section of ["configs", "secrets"] as const) {
    for (const [name, { tree, place }] of entriesAt(document, section)) {
      if (tree.type !== "map" || misfits.has(`${section}.${name}`)) continue;
      const keys: readonly string[] = sources[section];
      const written = keys.filter((key) => tree.entries.has(key));
      const listed = keys.map((key) => `\`${key}\``).join(", ");
      if (written.length > 1) {
        const what = `\`${section}.${name}\` has its content from ${written.map((key) => `\`${key}\``).join(" and ")} at once`;
        report.mistake("COMPOSE_CONFLICT", what, valueAt(tree, written[1] ?? "")?.place ?? place, "keep one of them");
      }
      if (written.length === 0 && !isExternal(tree) && textAt(tree, "driver") === undefined) {
        report.mistake("CONFIG_TYPE", `\`${section}.${name}\` has no content`, place, `write one of ${listed}`);
      }
    }
  }
  for (const section of ["networks", "volumes", "configs", "secrets"] as const) {
    for (const [name, { tree }] of entriesAt(document, section)) {
      if (tree.type !== "map" || !isExternal(tree)) continue;
      for (const [key, entry] of tree.entries) {
        if (key === "name" || key === "external" || key.startsWith("x-")) continue;
        const what = `\`${section}.${name}\` exists outside, so \`${key}\` cannot be said about it`;
        report.mistake("COMPOSE_CONFLICT", what, entry.place, `remove \`${key}\`, or \`external\``);
      }
    }
  }
}

function isExternal(map: MapTree): boolean {
  const external = valueAt(map, "external");
  return external?.type === "scalar" && (external.value === true || external.value === "true");
}
