import { stripVTControlCharacters } from "node:util";
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

/** Spaces between two columns. */
const room = 2;

/** Columns that stand in line, also with wide characters and colours. Without a head there is none. */
export async function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): Promise<string> {
  const all = head.length === 0 ? rows : [head.map((cell) => paint("dim", cell)), ...rows];
  // The library takes seconds for ten thousand rows, and nearly all tables need nothing of what it knows.
  const lines = all.every((row) => row.every(isNarrow)) ? alignedLines(all) : await libraryLines(all);
  return lines.map((line) => line.trimEnd()).join("\n");
}

/** One column for each character, and one line: ASCII and our own marks. */
const isNarrow = (cell: string): boolean => /^[\x20-\x7e·…→«»✔✘]*$/.test(stripVTControlCharacters(cell));

function alignedLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
  }
  return rows.map((row) =>
    row.map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - widthOf(cell) + room)).join(""),
  );
}

const widthOf = (cell: string): number => stripVTControlCharacters(cell).length;

async function libraryLines(rows: readonly (readonly string[])[]): Promise<readonly string[]> {
  const { default: Table } = await import("cli-table3");
  const table = new Table({
    chars: noBorders,
    style: { head: [], border: [], "padding-left": 0, "padding-right": room },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().split("\n");
}
