const units = ["KiB", "MiB", "GiB", "TiB"];

/** `812 B`, `1.4 MiB` */
export function renderBytes(bytes: number): string {
  let value = bytes;
  let unit = "B";
  for (const next of units) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return unit === "B" ? `${value} B` : `${value.toFixed(1)} ${unit}`;
}

/** `1 file`, `3 files`, `2 indexes` */
export const renderCountOf = (count: number, word: string): string =>
  `${count} ${word}${count === 1 ? "" : word.endsWith("x") ? "es" : "s"}`;
