import type { Paint, Style } from "../../core/render.ts";

/** A unified diff with its lines in colour. */
export const paintDiff = (patch: string, paint: Paint): string =>
  patch
    .split("\n")
    .map((line) => {
      const style = styleOf(line);
      return style === undefined ? line : paint(style, line);
    })
    .join("\n");

function styleOf(line: string): Style | undefined {
  if (line.startsWith("---") || line.startsWith("+++")) return "strong";
  if (line.startsWith("@@")) return "run";
  if (line.startsWith("+")) return "add";
  return line.startsWith("-") ? "remove" : undefined;
}
