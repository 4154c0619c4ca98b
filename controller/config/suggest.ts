/**
 * The candidate that was probably meant: at most a third of its letters are wrong, missing, too many or swapped with
 * their neighbour; letter case and `-` for `_` do not count.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > 64) return undefined;
  const meant = normalised(word);
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const distance = distanceBetween(meant, normalised(candidate));
    if (distance <= Math.max(1, Math.floor(candidate.length / 3)) && distance < least && distance < word.length) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

const normalised = (word: string): string => word.toLowerCase().replaceAll("-", "_");

/** Optimal string alignment: the Levenshtein distance where swapping two neighbours counts one. */
function distanceBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** `; did you mean \`x\`?` for the end of a sentence, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const meant = suggest(word, candidates);
  return meant === undefined ? "" : `; did you mean \`${meant}\`?`;
}
