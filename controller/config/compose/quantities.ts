// Numbers with units, as Compose and the engine write them.

const bytesForm = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])(?:i?b)?|b)?$/i;
const powers = new Map(Object.entries({ k: 1, m: 2, g: 3, t: 4, p: 5 }));

/** `64m`, `1.5g`, `2 KiB` as bytes; a unit counts 1024, with and without the `i` (go-units, RAMInBytes). */
export function bytesOf(text: string): number | undefined {
  const found = bytesForm.exec(text);
  if (found === null) return undefined;
  const [, count, unit = ""] = found;
  return Math.trunc(Number(count) * 1024 ** (powers.get(unit.toLowerCase()) ?? 0));
}

const unitsMs = new Map(
  Object.entries({
    ns: 1e-6,
    us: 1e-3,
    µs: 1e-3,
    μs: 1e-3,
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    w: 604_800_000,
  }),
);
const durationForm = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|[smhdw])/;

/** `1m30s`, `1.5h`, `200ms`, `2d` as milliseconds (Go's durations, with days and weeks). */
export function durationMsOf(text: string): number | undefined {
  if (text === "0") return 0;
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = text.replace(/^[-+]/, "");
  if (rest === "" || /^[-+]/.test(rest)) return undefined;
  let sum = 0;
  while (rest !== "") {
    const part = durationForm.exec(rest)?.[0];
    if (part === undefined) return undefined;
    const [, count = "", unit = ""] = /^([\d.]+)(.+)$/.exec(part) ?? [];
    sum += Number(count) * (unitsMs.get(unit) ?? 0);
    rest = rest.slice(part.length);
  }
  return sign * sum;
}

/** Milliseconds as Go prints a duration: `1m30s`, `1h0m0s`, `1.5s`, `250ms`. */
export function renderDuration(ms: number): string {
  if (ms === 0) return "0s";
  const sign = ms < 0 ? "-" : "";
  const size = Math.abs(ms);
  if (size < 1e-3) return `${sign}${decimal(size * 1e6)}ns`;
  if (size < 1) return `${sign}${decimal(size * 1e3)}µs`;
  if (size < 1000) return `${sign}${decimal(size)}ms`;
  const hours = Math.floor(size / 3_600_000);
  const minutes = Math.floor(size / 60_000) % 60;
  const seconds = `${decimal((size % 60_000) / 1000)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return `${sign}${minutes > 0 ? `${minutes}m` : ""}${seconds}`;
}

/** To the nanosecond, without trailing zeros. */
const decimal = (value: number): string => String(Number(value.toFixed(9)));
