import type { Paint } from "../../core/render.ts";

const edges = ["top", "bottom", "left", "right"];
const joints = [
  "top-mid",
  "top-left",
  "top-right",
  "bottom-mid",
  "bottom-left",
  "bottom-right",
  "left-mid",
  "right-mid",
];

/** Nothing between the cells but room. */
const noBorders = Object.fromEntries([...edges, ...joints, "mid", "mid-mid", "middle"].map((name) => [name, ""]));

/** Columns that stand in line, also with wide characters and colours. Without a head there is none. */
export async function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): Promise<string> {
  const { default: Table } = await import("cli-table3");
  const table = new Table({
    chars: noBorders,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
  });
  if (head.length > 0) table.push(head.map((cell) => paint("dim", cell)));
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
