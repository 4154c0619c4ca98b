let collator: Intl.Collator | undefined;

/** Texts with their numbers counted as numbers: `web.2` before `web.10`. */
export function compareNaturally(a: string, b: string): number {
  // Made on first use: the first collator of a process reads the locale's tables, which takes longer than most plans.
  collator ??= new Intl.Collator("en", { numeric: true });
  return collator.compare(a, b);
}
