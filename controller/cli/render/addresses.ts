import type { Paint } from "../../core/render.ts";
import type { Address } from "../addresses.ts";

/** Of one service; a range of published ports would push everything else off the screen. */
const mostShown = 4;

/** A line for each address, one below the other. */
export function renderAddresses(all: readonly Address[], paint: Paint): readonly string[] {
  const width = Math.max(0, ...all.map(({ name }) => name.length));
  const names = [...new Set(all.map(({ name }) => name))];
  return names.flatMap((name) => {
    const own = all.filter((one) => one.name === name);
    const shown = own.slice(0, own.length === mostShown + 1 ? own.length : mostShown);
    const left = own.length - shown.length;
    const lines = shown.map(({ address }) => `  ${name.padEnd(width)}  ${paint("strong", address)}`);
    return left === 0 ? lines : [...lines, `  ${"".padEnd(width)}  ${paint("dim", `… ${left} more`)}`];
  });
}
