import type { Scalar } from "../tree.ts";

const nullForm = /^(?:~|null|Null|NULL|)$/;
const booleanForm = /^(?:true|True|TRUE|false|False|FALSE)$/;
/** Go's integers: 0x, 0o, 0b, and a leading zero for octal; `_` between digits. */
const integerForm =
  /^(?<sign>[-+]?)(?:0x(?<hex>[0-9a-fA-F]+)|0o(?<o>[0-7]+)|0b(?<bin>[01]+)|0(?<octal>[0-7]+)|(?<dec>0|[1-9][0-9]*))$/;
const floatForm = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const infiniteForm = /^[-+]?\.(?:inf|Inf|INF)$/;
const nanForm = /^\.(?:nan|NaN|NAN)$/;

/**
 * What an unquoted text means in a Compose file. The reference reads YAML with go-yaml 3, whose numbers are Go's: `0440`
 * is octal. `yes` and `on` are texts. A date is a time only to the keys that make a text of every value (short/maps.ts).
 */
export function resolveCompose(text: string): null | boolean | number | string {
  if (text.length > 64) return text;
  if (nullForm.test(text)) return null;
  if (booleanForm.test(text)) return text.toLowerCase() === "true";
  const integer = integerOf(text);
  if (integer !== undefined) return Number(integer);
  if (floatForm.test(text)) return Number(text);
  if (infiniteForm.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (nanForm.test(text)) return NaN;
  return text;
}

function integerOf(text: string): bigint | undefined {
  const groups = integerForm.exec(text.replaceAll(/(?<=[0-9a-fA-F])_(?=[0-9a-fA-F])/g, ""))?.groups;
  if (groups === undefined) return undefined;
  const { sign, hex, o, bin, octal, dec = "" } = groups;
  const digits =
    hex !== undefined ? `0x${hex}` : bin !== undefined ? `0b${bin}` : (o ?? octal) ? `0o${o ?? octal ?? ""}` : dec;
  return sign === "-" ? -BigInt(digits) : BigInt(digits);
}

/** A value as the text that it becomes where a text is wanted: `0440` is `288`, `1.10` is `1.1`, `yes` stays. */
export function textOf({ value, text, plain }: Scalar): string {
  if (value === null) return "";
  if (typeof value !== "number") return String(value);
  const integer = plain ? integerOf(text) : undefined;
  return integer === undefined ? goFloat(value) : String(integer);
}

/** As Go prints a float64 with %v: with an exponent below -4 and from 6 on (strconv.FormatFloat, 'g', shortest). */
function goFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 6)) return String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
