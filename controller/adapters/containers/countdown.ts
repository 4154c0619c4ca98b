/** Parts of a limit that are counted one by one. */
const ticks = 40;

/**
 * A limit of the time that an engine has. While this process works, or stands still (five hundred services on a machine that
 * is busy with others, a lid that was closed), its answers lie unread, and a timer that is due comes before them: a tick
 * that comes late counts once, and between two of them what has come is read.
 *
 * @returns ends the counting
 */
export function countdown(limitMs: number, over: () => void): () => void {
  let left = ticks;
  const tick = (): void => {
    if (--left === 0) over();
    else timer = setTimeout(tick, limitMs / ticks);
  };
  let timer = setTimeout(tick, limitMs / ticks);
  return () => clearTimeout(timer);
}
