import { cpus, totalmem } from "node:os";
import { median, min, type Sample } from "./measure.ts";

export type Result =
  | {
      readonly id: string;
      readonly title: string;
      readonly goal: number;
      readonly ours: Timed;
      readonly other: Timed;
      readonly facts: readonly string[];
    }
  | { readonly id: string; readonly title: string; readonly skipped: string };

interface Timed {
  readonly name: string;
  readonly samples: readonly Sample[];
}

/** Which machine, which day: figures of two machines are not to be compared, ratios are. */
export const machine = (): string =>
  [
    `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${process.platform} ${process.arch}`,
    `Node ${process.versions.node}`,
    new Date().toISOString().slice(0, 10),
  ].join(", ");

/** Milliseconds are min / median; the ratio that counts is that of the minima of the wall time. */
export function markdown(results: readonly Result[]): string {
  const rows = results.map((result) => {
    if ("skipped" in result) return [result.title, "SKIPPED", result.skipped, "", "", "", ""];
    const { title, goal, ours, other, facts } = result;
    const wall = ratio(ours, other, "wall");
    return [
      facts.length === 0 ? title : `${title} (${facts.join("; ")})`,
      times(ours, "wall"),
      `${other.name}: ${times(other, "wall")}`,
      `**${wall.min}**`,
      wall.median,
      ratio(ours, other, "cpu").min,
      `≤ ${goal} ${Number(wall.min) <= goal ? "✔" : "✘"}`,
    ];
  });
  const head = ["case", "Poststack, ms", "against, ms", "ratio", "of medians", "of CPU", "goal"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const column = ({ samples }: Timed, kind: keyof Sample): readonly number[] => samples.map((sample) => sample[kind]);

const times = (timed: Timed, kind: keyof Sample): string =>
  `${Math.round(min(column(timed, kind)))} / ${Math.round(median(column(timed, kind)))}`;

const ratio = (ours: Timed, other: Timed, kind: keyof Sample): { readonly min: string; readonly median: string } => ({
  min: (min(column(ours, kind)) / min(column(other, kind))).toFixed(2),
  median: (median(column(ours, kind)) / median(column(other, kind))).toFixed(2),
});
