/** Characters that are told of a statement. */
const toldLength = 80;

/** Characters of a statement that are asked for, to tell so many: comments go, and long texts become short. */
export const askedLength = 500;

/**
 * What is told of a statement that somebody else runs. Plans, progress and errors are read by many, and hold no data: what stands in quotes is
 * left out, and comments, whose apostrophes are none. Where it cannot be known what stands in quotes (the end of the
 * statement is missing, or the session may read `\'` as either), it ends.
 *
 * @param statement as it was sent, with its line ends: a comment ends with its line
 */
export function withoutTexts(statement: string): string {
  let told = "";
  let end = 0;
  for (const { 0: piece, index, groups } of statement.matchAll(lexeme)) {
    if (groups?.["comment"] !== undefined) told += " ";
    else told += groups?.["text"] === undefined ? piece : "'…'";
    end = index + piece.length;
  }
  const line = told.replaceAll(/\s+/g, " ").trim();
  if (line.length > toldLength) return `${line.slice(0, toldLength)}…`;
  return end < statement.length ? `${line}…` : line;
}

/** Block comments stand in one another (manual: 4.1.5); deeper than this nobody writes them. */
const blockComment = nested(4);

function nested(depth: number): string {
  const inner = depth === 1 ? "" : `|${nested(depth - 1)}`;
  return String.raw`\/\*(?:[^*\/]|\*(?!\/)|\/(?!\*)${inner})*\*\/`;
}

/** A letter as the server's scanner has it: whatever is not ASCII is one. */
const letter = String.raw`A-Za-z_\u{80}-\u{10ffff}`;

/**
 * One after the other, without a gap (manual: 4.1). In a string without an E a backslash stands for itself, or not
 * (standard_conforming_strings of that session): only before a quote does it matter.
 */
const lexeme = new RegExp(
  [
    String.raw`(?<comment>--[^\n\r]*|${blockComment})`,
    String.raw`(?<text>[eE]'(?:\\[^]|''|[^'\\])*'|'(?:\\[^']|''|[^'\\])*'|\$(?<tag>(?:[${letter}][${letter}0-9]*)?)\$[^]*?\$\k<tag>\$)`,
    `"(?:[^"]|"")*"`,
    `[${letter}][${letter}0-9$]*`,
    String.raw`\$[0-9]+`,
    String.raw`-(?!-)|\/(?!\*)|[^${letter}'"$\/\-]`,
  ].join("|"),
  "guy",
);
