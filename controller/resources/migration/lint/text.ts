/**
 * Where the words of SQL are told from what stands between them, as far as cutting a statement that Postgres's own parser
 * has accepted needs it (manual: 4.1, Lexical Structure). Offsets are in UTF-16 code units.
 */

/** A quoted text, a quoted name, a comment, or nothing of these. The text after a quote may go on to the end. */
const token =
  /\be'(?:[^'\\]|''|\\[\s\S])*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|[(),;[\]]/giu;

/** Where the first word stands at or after an offset: behind blanks and comments. */
export function startOfCode(text: string, from = 0): number {
  let at = from;
  for (;;) {
    const [blank = ""] = /^\s*(?:--[^\n]*(?:\n|$))?/.exec(text.slice(at, at + longestLine)) ?? [];
    at += blank.length;
    if (text.startsWith("/*", at)) at = endOfComment(text, at);
    else if (blank === "") return at;
  }
}

/** A comment line that is longer is passed in steps. */
const longestLine = 10_000;

/** Comments in slashes and stars nest. */
function endOfComment(text: string, from: number): number {
  let depth = 0;
  for (const { 0: mark, index } of text.slice(from).matchAll(/\/\*|\*\//g)) {
    depth += mark === "/*" ? 1 : -1;
    if (depth === 0) return from + index + mark.length;
  }
  return text.length;
}

/** A part of a text. */
interface Piece {
  readonly text: string;
  /** Where it begins in the whole. */
  readonly offset: number;
}

/** Cut at commas that stand in no bracket, quote or comment. */
export function piecesBetweenCommas(text: string): readonly Piece[] {
  const cuts: number[] = [];
  let depth = 0;
  for (const { 0: mark, index } of withoutBlockComments(text).matchAll(token)) {
    if (mark === "(" || mark === "[") depth++;
    else if (mark === ")" || mark === "]") depth--;
    else if (mark === "," && depth === 0) cuts.push(index);
  }
  return [-1, ...cuts].map((cut, index) => {
    const offset = startOfCode(text, cut + 1);
    return { text: text.slice(offset, cuts[index] ?? text.length).trimEnd(), offset };
  });
}

/** Blanks of the same length in their place. Quotes inside of them count for nothing. */
function withoutBlockComments(text: string): string {
  const start = text.indexOf("/*");
  if (start < 0) return text;
  const end = endOfComment(text, start);
  return withoutBlockComments(text.slice(0, start) + " ".repeat(end - start) + text.slice(end));
}
