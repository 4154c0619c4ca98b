/** The words of a command line that is written as one text. */
export interface Words {
  readonly words: readonly string[];
  /** What follows an operator of a shell, which is not there to read it. */
  readonly rest?: string;
}

/**
 * A command as Compose splits it: blanks between words, quotes of both kinds, a backslash before any character but inside
 * single quotes. There is no shell: `$` means nothing, and an unquoted `;`, `&`, `|`, `<` or `>` ends the command.
 *
 * @returns undefined when a quote is not closed, or a bracket stands where only a shell would know what to do
 */
export function splitWords(line: string): Words | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? "";
    if (character === "\\" && quote !== "'") {
      word = (word ?? "") + (line[++at] ?? "");
      if (at >= line.length) return undefined;
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = (word ?? "") + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (/[;&|<>]/.test(character)) {
      // `2>` is one operator: the digit is no word.
      const isNumbered = character === ">" && word !== undefined && /^\d/.test(word);
      if (word !== undefined && !isNumbered) words.push(word);
      return { words, rest: line.slice(at) };
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== undefined) return undefined;
  if (word !== undefined) words.push(word);
  return { words };
}
