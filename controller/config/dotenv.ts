import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import { interpolate } from "./interpolate.ts";

export interface DotenvEntry {
  readonly name: string;
  readonly value: string;
  readonly place: Place;
  /** Names that the value refers to and that have neither a value nor a default. */
  readonly unset: readonly string[];
}

export interface DotenvOptions {
  /** For places. */
  readonly file: string;
  /** Asked first: what beats the file's own entries inside `${…}`, and what a name without `=` takes its value from. */
  readonly stronger: (name: string) => string | undefined;
  /** Asked last: the files that this one overrides. */
  readonly weaker?: (name: string) => string | undefined;
}

/**
 * An env file by Compose's grammar: `NAME=value`, `NAME: value`, `export NAME=value`, comments, single quotes (literal),
 * double quotes (escapes and variables), both over several lines. Entries come in the file's order; of one name the last
 * counts. A name alone passes the stronger value on, or nothing.
 *
 * @throws PoststackError `ENV_FILE_SYNTAX`, `VARIABLE_SYNTAX`, `VARIABLE_REQUIRED`, with the line
 */
export function parseDotenv(text: string, { file, stronger, weaker }: DotenvOptions): readonly DotenvEntry[] {
  const soFar = new Map<string, string>();
  const lookup = (name: string): string | undefined => stronger(name) ?? soFar.get(name) ?? weaker?.(name);
  const resolve = (name: string, raw: Raw | undefined, place: Place): Resolved => {
    if (raw === undefined) return { value: stronger(name), unset: [] };
    return raw.literal ? { value: raw.text, unset: [] } : interpolate(raw.text, lookup, place);
  };
  const entries: DotenvEntry[] = [];

  for (const { name, raw, place } of statements(new Scanner(text, file))) {
    const { value, unset } = resolve(name, raw, place);
    if (value === undefined) continue;
    entries.push({ name, value, place, unset });
    soFar.set(name, value);
  }
  return entries;
}

interface Resolved {
  readonly value: string | undefined;
  readonly unset: readonly string[];
}

/** A value before interpolation; `literal`: there is none. */
interface Raw {
  readonly text: string;
  readonly literal: boolean;
}

interface Statement {
  readonly name: string;
  readonly raw: Raw | undefined;
  readonly place: Place;
}

function* statements(scanner: Scanner): Generator<Statement> {
  for (;;) {
    scanner.match(blank);
    if (scanner.match(comment) !== "") continue;
    if (scanner.atEnd()) return;
    scanner.match(exportWord);

    const place = scanner.place();
    const name = scanner.match(nameCharacters);
    const gap = scanner.match(space);
    const separator = scanner.match(assignment);
    if (separator === "" && !scanner.atLineEnd()) throw badName(scanner, name, gap);
    scanner.match(space);
    yield { name, raw: separator === "" ? undefined : value(scanner), place };
    scanner.match(restOfLine);
  }
}

const blank = /\s+/y;
const comment = /#[^\n]*/y;
const exportWord = /export[ \t]+(?=[^\s=:])/y;
const nameCharacters = /[\p{L}\p{N}_.\-[\]]*/uy;
const space = /[ \t]*/y;
const assignment = /[=:]/y;
const restOfLine = /[^\n]*/y;

function value(scanner: Scanner): Raw {
  const quote = scanner.peek();
  if (quote === '"') return { text: escapes(quoted(scanner, quote)), literal: false };
  if (quote === "'") return { text: quoted(scanner, quote).replaceAll("\\'", "'"), literal: true };

  const line = scanner.match(restOfLine);
  // Only a blank before it makes `#` a comment; after a tab, or as the first character, it is part of the value.
  const end = line.indexOf(" #");
  return { text: (end < 0 ? line : line.slice(0, end)).trimEnd(), literal: false };
}

/** The text between two quotes, its escapes still in place. */
function quoted(scanner: Scanner, quote: '"' | "'"): string {
  const opened = scanner.place();
  const whole = scanner.match(quote === '"' ? doubleQuoted : singleQuoted);
  if (whole !== "") return whole.slice(1, -1);
  throw new PoststackError("ENV_FILE_SYNTAX", {
    what: `the value that ${quote} opens on line ${opened.line} is not closed`,
    where: scanner.end(),
    next: `close it with ${quote}`,
  });
}

const doubleQuoted = /"[^"\\]*(?:\\[^][^"\\]*)*"/y;
const singleQuoted = /'[^'\\]*(?:\\[^][^'\\]*)*'/y;

const control = new Map(Object.entries({ a: "\u0007", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }));

/** Resolves the escapes of a double-quoted value, for interpolation to follow: an escaped dollar becomes `$$`. */
const escapes = (text: string): string =>
  text.replaceAll(/\\(0[0-7]{1,3}|[^])/g, (whole, escape: string) => {
    if (escape === "$") return "$$";
    if (escape === '"' || escape === "\\") return escape;
    if (/^0./.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8)).replace("$", "$$$$");
    return control.get(escape) ?? whole;
  });

function badName(scanner: Scanner, name: string, gap: string): PoststackError {
  const character = JSON.stringify(scanner.peek());
  return new PoststackError("ENV_FILE_SYNTAX", {
    what:
      gap === "" ? `${character} cannot be part of a variable's name` : `a space cannot be part of a variable's name`,
    where: scanner.place(),
    next: `write ${name === "" ? "NAME" : name}=value, or # in front of a comment`,
  });
}

/** A position in the text, moved by matching; it knows line and column. */
class Scanner {
  readonly #text: string;
  readonly #file: string;
  #at: number;
  #line = 1;
  #lineStart: number;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    this.#at = text.startsWith("\uFEFF") ? 1 : 0;
    this.#lineStart = this.#at;
  }

  /** Consumes what a sticky pattern matches here, or nothing. */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#moveTo(this.#at + found.length);
    return found;
  }

  peek(): string {
    return this.#text[this.#at] ?? "";
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  atLineEnd(): boolean {
    return this.atEnd() || this.peek() === "\n" || this.#text.startsWith("\r\n", this.#at);
  }

  place(): Place {
    return { file: this.#file, line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  /** Moves to the end of the text, and says where that is. */
  end(): Place {
    this.#moveTo(this.#text.length);
    return this.place();
  }

  #moveTo(index: number): void {
    for (
      let end = this.#text.indexOf("\n", this.#at);
      end >= 0 && end < index;
      end = this.#text.indexOf("\n", end + 1)
    ) {
      this.#line++;
      this.#lineStart = end + 1;
    }
    this.#at = index;
  }
}
