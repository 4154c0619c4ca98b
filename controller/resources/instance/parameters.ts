import type { ObservedParameter } from "./model.ts";

type Kind = Pick<ObservedParameter, "type" | "unit">;

/**
 * The value as `pg_settings.setting` would give it: numbers in the parameter's unit, booleans as on and off, enums in
 * lower case. Undefined: the text is no value of that type (manual: 20.1.1, Parameter Names and Values).
 */
export function normalise(text: string, { type, unit }: Kind): string | undefined {
  switch (type) {
    case "bool":
      return normaliseBoolean(text);
    case "integer": {
      const value = parseNumber(text, unit);
      return value === undefined ? undefined : String(roundHalfEven(value));
    }
    case "real": {
      const value = parseNumber(text, unit);
      return value === undefined ? undefined : String(value);
    }
    case "enum":
      return text.trim().toLowerCase();
    default:
      return text;
  }
}

/** Why the server would not take the value; undefined: it would, as far as can be told without asking it. */
export function objection(text: string, parameter: ObservedParameter): string | undefined {
  const { context, type, unit, minimum, maximum, choices } = parameter;
  if (context === "internal") return "it cannot be set";
  const value = normalise(text, parameter);
  if (value === undefined) {
    const units = unit === undefined ? "" : `, with a unit such as ${isMemory(unit) ? "kB, MB, GB" : "ms, s, min"}`;
    return `"${text}" is no ${type === "bool" ? "boolean" : `number${units}`}`;
  }
  if ((minimum !== undefined && Number(value) < minimum) || (maximum !== undefined && Number(value) > maximum)) {
    return `${text} is outside ${minimum} … ${maximum}${unit === undefined ? "" : ` (in units of ${unit})`}`;
  }
  if (type === "enum" && !choices.includes(value) && !unlisted.has(value)) {
    return `"${text}" is none of ${choices.join(", ")}`;
  }
  return undefined;
}

/** Spellings that enums take and pg_settings.enumvals leaves out (src/backend/utils/misc/guc_tables.c, "hidden"). */
const unlisted: ReadonlySet<string> = new Set([
  "true",
  "false",
  "yes",
  "no",
  "1",
  "0",
  "debug",
  "archive",
  "hot_standby",
]);

/** Whole words, and beginnings that only one of them has: `o` is none (src/backend/utils/adt/bool.c). */
function normaliseBoolean(text: string): "on" | "off" | undefined {
  const word = text.trim().toLowerCase();
  const begins = (...words: readonly string[]): boolean => word !== "" && words.some((one) => one.startsWith(word));
  if (word === "o") return undefined;
  if (word === "1" || begins("true", "yes", "on")) return "on";
  if (word === "0" || begins("false", "no", "off")) return "off";
  return undefined;
}

const kilobyte = 1024;
const memory: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["kB", kilobyte],
  ["MB", kilobyte ** 2],
  ["GB", kilobyte ** 3],
  ["TB", kilobyte ** 4],
]);
/** Milliseconds. */
const time: ReadonlyMap<string, number> = new Map([
  ["us", 0.001],
  ["ms", 1],
  ["s", 1_000],
  ["min", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

const isMemory = (unit: string): boolean => unit.endsWith("B");

/** A number in the parameter's unit. Octal and hexadecimal as C reads them; a unit's case counts. */
function parseNumber(text: string, unit: string | undefined): number | undefined {
  const [, sign = "", digits = "", suffix = ""] =
    /^\s*([+-]?)(0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)\s*$/.exec(text) ?? [];
  if (digits === "") return undefined;
  const size = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  const value = sign === "-" ? -size : size;
  if (suffix === "") return value;
  if (unit === undefined) return undefined;
  const table = isMemory(unit) ? memory : time;
  const factor = table.get(suffix);
  const base = baseOf(unit, table);
  return factor === undefined || base === undefined ? undefined : (value * factor) / base;
}

/** `8kB`, `16MB`: a unit with a count of its own. */
function baseOf(unit: string, table: ReadonlyMap<string, number>): number | undefined {
  const [, count = "", name = ""] = /^(\d*)(\D+)$/.exec(unit) ?? [];
  const factor = table.get(name);
  return factor === undefined ? undefined : factor * (count === "" ? 1 : Number(count));
}

/** As C's rint does. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return Math.round(value);
}
