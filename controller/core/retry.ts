/** The first wait's upper bound and the longest one, in milliseconds (RELIABILITY 32). */
const baseMs = 500;
const capMs = 60_000;

/**
 * How long to wait before try number `attempt` (0 = the first repetition): full jitter, so that many writers that failed
 * together do not come back together.
 *
 * @param random in [0, 1)
 */
export const backoffMs = (attempt: number, random: number): number =>
  Math.floor(random * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30)));
