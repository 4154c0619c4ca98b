const kilo = 1024;
const sizes = ["b", "k", "m", "g", "t"] as const;

/** Bytes as a Compose file writes them: `64m`, `1536k`; `-1` is no limit. */
export function bytesText(bytes: number): string {
  if (bytes <= 0) return String(bytes);
  let power = 0;
  let rest = bytes;
  while (rest % kilo === 0 && power < sizes.length - 1) {
    rest /= kilo;
    power += 1;
  }
  return `${rest}${sizes[power] ?? ""}`;
}

const spans = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** Milliseconds as a Compose file writes them: `1m30s`, `500ms`. Compose's own print has `1m0s`, which nobody types. */
export function durationText(ms: number): string {
  let rest = ms;
  let text = "";
  for (const [unit, size] of spans) {
    const count = unit === "ms" ? rest : Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === "" ? "0s" : text;
}
