/** Where something begins in which words do not count, or count otherwise (manual: 4.1, Lexical Structure). */
const opening = /--|\/\*|'|"|\$/g;

const lineEnd = /[\n\r]|$/g;
const commentMark = /\/\*|\*\//g;
const escapeMark = /\\[^]|''|'/g;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
/** Before a dollar or an E these make it part of a name: `a$b$`, `date'…'`. */
const nameCharacter = /[\w$\u0080-\uffff]/;

interface Blanked {
  /**
   * What stands in single quotes. code: it may be run (EXECUTE, a function's body), so comments go out of it, too. blank: its
   * characters go.
   */
  readonly texts: "code" | "blank";
}

/**
 * SQL whose words can be searched: blanks in the place of comments and of what a quoted name is made of. What stands between
 * dollars is code. Every character keeps its place, and every line its number. Whatever is not closed is left as it is: a doubt
 * hides nothing. Linear in the length, without a parser.
 */
export function withoutComments(sql: string, { texts }: Blanked): string {
  const pieces: string[] = [];
  let told = 0;
  const put = (from: number, to: number, text: string): void => {
    pieces.push(sql.slice(told, from), text);
    told = to;
  };
  for (let next = find(opening, sql, 0); next !== undefined; next = find(opening, sql, Math.max(told, next.end))) {
    const { start, end: inside, text: mark } = next;
    const isInName = start > 0 && nameCharacter.test(sql.charAt(start - 1));
    if (mark === "$") {
      const tag = isInName ? undefined : tagAt(sql, start);
      const end = tag === undefined ? -1 : sql.indexOf(tag, start + tag.length);
      if (tag === undefined || end < 0) continue;
      const body = start + tag.length;
      put(body, end + tag.length, withoutComments(sql.slice(body, end), { texts }) + tag);
      continue;
    }
    const end = endOf(mark, sql, start, inside);
    if (end === undefined) break;
    if (mark === "'" && texts === "code")
      put(inside, end, `${withoutComments(sql.slice(inside, end - 1), { texts })}'`);
    else if (mark === "'" || mark === '"') put(inside, end, blanks(sql.slice(inside, end - 1)) + mark);
    else put(start, end, blanks(sql.slice(start, end)));
  }
  return pieces.length === 0 ? sql : pieces.join("") + sql.slice(told);
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function find(pattern: RegExp, text: string, from: number): Found | undefined {
  pattern.lastIndex = from;
  const match = pattern.exec(text);
  return match === null ? undefined : { start: match.index, end: match.index + match[0].length, text: match[0] };
}

const tagAt = (sql: string, at: number): string | undefined => find(dollarTag, sql, at)?.text;

/** Behind its last character; undefined where it does not end. */
function endOf(mark: string, sql: string, start: number, inside: number): number | undefined {
  if (mark === "--") return find(lineEnd, sql, inside)?.start;
  if (mark === "/*") return endOfComment(sql, inside);
  if (mark === "'" && isEscaped(sql, start)) return endOfEscaped(sql, inside);
  // A quote that is doubled ends one and begins the next.
  const end = sql.indexOf(mark, inside);
  return end < 0 ? undefined : end + 1;
}

/** They stand in one another (manual: 4.1.5). */
function endOfComment(sql: string, inside: number): number | undefined {
  let depth = 1;
  for (let at = find(commentMark, sql, inside); at !== undefined; at = find(commentMark, sql, at.end)) {
    depth += at.text === "/*" ? 1 : -1;
    if (depth === 0) return at.end;
  }
  return undefined;
}

const isEscaped = (sql: string, quote: number): boolean =>
  /e/i.test(sql.charAt(quote - 1)) && !(quote > 1 && nameCharacter.test(sql.charAt(quote - 2)));

function endOfEscaped(sql: string, inside: number): number | undefined {
  for (let at = find(escapeMark, sql, inside); at !== undefined; at = find(escapeMark, sql, at.end)) {
    if (at.text === "'") return at.end;
  }
  return undefined;
}

const blanks = (text: string): string => text.replaceAll(/[^\n\r]/g, " ");
