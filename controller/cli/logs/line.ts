/** One line of a log, wherever it was written. */
export interface LogLine {
  /** `web.2`, `seed`, `postgres` */
  readonly name: string;
  readonly category: string;
  /** When it was written, by {@link instantOf}; undefined: nothing tells. */
  readonly at: string | undefined;
  readonly text: string;
}

/** A date and a time at the beginning of a line, with a blank or a `T` between: Postgres, and most programs, write so. */
const stamp = /^\[?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?/;

/**
 * A moment in one form, in UTC and to the nanosecond, so that texts compare as times do. Engines leave out zeros at the
 * end of a fraction. Undefined: it is no moment.
 */
export function instantOf(text: string): string | undefined {
  const [, date, time, fraction = "", zone] = stamp.exec(text) ?? [];
  if (date === undefined || time === undefined || zone === undefined) return undefined;
  const offset = zone === "UTC" ? "Z" : zone;
  const parsed = new Date(`${date}T${time}${offset}`);
  if (Number.isNaN(parsed.getTime())) return undefined;
  return `${parsed.toISOString().slice(0, 19)}.${fraction.padEnd(9, "0")}Z`;
}

export const instantAt = (date: Date): string => `${date.toISOString().slice(0, 23)}000000Z`;

/**
 * Lines of a file, which has no times of its own: each has the time that it begins with, else that of the line before it. A
 * text of several lines stays together so.
 */
export function timedLines(lines: readonly string[], source: Pick<LogLine, "name" | "category">): readonly LogLine[] {
  let at: string | undefined;
  return lines.map((text) => {
    at = instantOf(text) ?? at;
    return { ...source, at, text };
  });
}

/** By time; what has none comes first, and what is of one source stays in its order. */
export function merged(sources: readonly (readonly LogLine[])[]): readonly LogLine[] {
  const heads = sources.map(() => 0);
  const all: LogLine[] = [];
  for (;;) {
    let next = -1;
    for (const [index, lines] of sources.entries()) {
      const line = lines[heads[index] ?? 0];
      if (line === undefined) continue;
      const best = next < 0 ? undefined : sources[next]?.[heads[next] ?? 0];
      if (best === undefined || (line.at ?? "") < (best.at ?? "")) next = index;
    }
    const line = sources[next]?.[heads[next] ?? 0];
    if (line === undefined) return all;
    all.push(line);
    heads[next] = (heads[next] ?? 0) + 1;
  }
}
