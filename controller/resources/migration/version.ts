/**
 * What orders and identifies a version: its digits as a number, as a decimal text. Digits after a timestamp of fourteen are
 * a fraction of it: `2026-05-27-120000-0000` comes after `2026-05-27-120000` and before `2026-05-27-120001`, as in
 * folders whose tool began to append a counter one day (Diesel 2.3). The `1` keeps `-0000` apart from nothing.
 *
 * Numbers behind dots are parts of a version as in `1.10`, which comes after `1.9` and is not `1.1` (Flyway).
 */
export function orderOf(version: string): string {
  if (version.includes(".")) return dotted(version);
  const digits = version.includes("-") ? version.replaceAll("-", "") : version;
  const [, timestamp, counter] = digits.length > 14 ? (withCounter.exec(digits) ?? []) : [];
  if (timestamp !== undefined) return `${timestamp}.1${counter}`;
  return digits.startsWith("0") ? digits.replace(/^0+(?=\d)/, "") : digits;
}

const withCounter = /^((?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d)(\d{1,9})$/;

/** Digits of a part: more than a timestamp has. */
const partWidth = 20;

/** Every part but the first as digits of a fraction. `1.0` is 1. */
function dotted(version: string): string {
  const [whole = "", ...parts] = version.split(".").map((part) => part.replace(/^0+(?=\d)/, ""));
  while (parts.at(-1) === "0") parts.pop();
  return parts.length === 0 ? whole : `${whole}.${parts.map((part) => part.padStart(partWidth, "0")).join("")}`;
}

/** Orders as numbers, without the limits of a double. */
export function compareOrders(a: string, b: string): number {
  // Ten thousand files are sorted for every plan: no arrays for what has no fraction.
  const pointA = a.indexOf(".");
  const pointB = b.indexOf(".");
  if (pointA < 0 && pointB < 0) return a.length - b.length || compareTexts(a, b);
  const wholeA = pointA < 0 ? a : a.slice(0, pointA);
  const wholeB = pointB < 0 ? b : b.slice(0, pointB);
  return compareOrders(wholeA, wholeB) || compareTexts(a.slice(wholeA.length), b.slice(wholeB.length));
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
