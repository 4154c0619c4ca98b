import { CST, Lexer } from "yaml";
import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";

/** What a configuration file may be at most (RELIABILITY 37). */
export const limits = {
  bytes: 1024 * 1024,
  /** Maps and lists inside each other. */
  depth: 64,
  aliases: 100,
  /** Words and signs of the file: a parser's time and memory grow with these. */
  tokens: 100_000,
  /** Values once every alias stands for what it names. */
  values: 100_000,
  environments: 200,
} as const;

export const limitError = (what: string, where: Place): PoststackError =>
  new PoststackError("CONFIG_LIMIT", {
    what,
    where,
    next: "a configuration is never that large: check what wrote the file",
  });

/**
 * The words and signs of a file, for a parser: it runs out of memory on a megabyte of brackets, so each is looked at before
 * the parser gets it. Block depth is estimated from above, at most twice the real one; the exact limit holds when the tree
 * is built.
 *
 * @throws PoststackError `CONFIG_LIMIT`
 */
export function* lexemes(text: string, placeAt: (offset: number) => Place): Generator<string, void> {
  const check = newCheck(placeAt);
  for (const token of new Lexer().lex(text)) {
    check(token);
    yield token;
  }
}

/** What looks at one word or sign after the other. */
function newCheck(placeAt: (offset: number) => Place): (token: string) => void {
  let tokens = 0;
  let aliases = 0;
  let brackets = 0;
  let offset = 0;
  let isScalar = false;
  let isLineStart = true;
  /** The lines that the present one is indented under. */
  const lines: { readonly column: number; depth: number }[] = [];
  let lineStart = 0;
  let above = 0;

  return (token) => {
    const where = offset;
    const type = isScalar ? "scalar" : CST.tokenType(token);
    isScalar = token === CST.SCALAR;
    // These three are marks of the lexer, not text of the file.
    if (isScalar || token === CST.DOCUMENT || token === CST.FLOW_END) return;
    offset += token.length;

    if (++tokens > limits.tokens) throw limitError(`more than ${limits.tokens} words and signs`, placeAt(where));
    if (type === "alias" && ++aliases > limits.aliases)
      throw limitError(`more than ${limits.aliases} aliases`, placeAt(where));
    if (type === "flow-map-start" || type === "flow-seq-start") brackets++;
    if (type === "flow-map-end" || type === "flow-seq-end") brackets = Math.max(0, brackets - 1);

    if (type === "newline" || (type === "scalar" && token.endsWith("\n"))) {
      isLineStart = true;
      lineStart = offset;
    } else if (isLineStart && type !== "space") {
      isLineStart = false;
      const column = where - lineStart;
      while (lines.length > 0 && (lines.at(-1)?.column ?? 0) >= column) lines.pop();
      above = lines.reduce((sum, line) => sum + line.depth, 0);
      lines.push({ column, depth: 1 });
    }
    const line = lines.at(-1);
    if (line !== undefined && (type === "seq-item-ind" || type === "explicit-key-ind" || type === "map-value-ind"))
      if (brackets === 0) line.depth++;
    if (brackets > limits.depth || above + (line?.depth ?? 0) > 2 * limits.depth + 2)
      throw limitError(`nested more than ${limits.depth} deep`, placeAt(where));
  };
}
