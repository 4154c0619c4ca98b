import type { Phase } from "./header.ts";

const suffix = /\.(expand|backfill|contract)$/;

/** Of three files that are one version: `012_full_name.contract` is the last of them. */
export function phaseInName(name: string): Phase | undefined {
  // Of ten thousand names most have no dot.
  if (!name.includes(".")) return undefined;
  const [, phase] = suffix.exec(name) ?? [];
  return phase as Phase | undefined;
}

/** What the files of one version are called without their phase. */
export const withoutPhase = (name: string): string => name.replace(suffix, "");

/**
 * Where a phase stands among all versions: behind its version and before every other one. A fraction, since the ledger's key
 * is a number: smaller than a part behind a dot of a version (`orderOf` in version.ts), which has twenty digits, also behind two parts
 * that are 0.
 */
export function orderInVersion(order: string, phase: Phase | undefined): string {
  if (phase === undefined || phase === "expand") return order;
  return `${order}${order.includes(".") ? "" : "."}${"0".repeat(zeros)}${phase === "backfill" ? "1" : "2"}`;
}

const zeros = 60;

/** The version's own order, of whichever of its phases. There may be ten thousand to ask for. */
export const wholeOrder = (order: string): string => (order.length > zeros ? order.replace(inVersion, "") : order);

const inVersion = new RegExp(String.raw`\.?0{${zeros}}[12]$`);

/** How a file runs, by its name and its header. A backfill is many transactions. */
export function waysOf(
  name: string,
  { transactional, phase = phaseInName(name) }: { readonly transactional: boolean; readonly phase?: Phase },
): { readonly transactional: boolean; readonly phase?: Phase } {
  return { transactional: transactional && phase !== "backfill", ...(phase === undefined ? {} : { phase }) };
}
