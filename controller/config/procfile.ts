import { PoststackError, PoststackErrors } from "../core/errors.ts";
import type { Place } from "../core/place.ts";

export interface ProcfileEntry {
  readonly name: string;
  /** The user's own shell text. */
  readonly line: string;
  readonly place: Place;
  /** It stands at the very end, without a line end: a file that was cut off looks so, and many that were not. */
  readonly isOpen: boolean;
}

const entry = /^([A-Za-z0-9_-]+)[ \t]*:[ \t]*(\S.*)$/;

/**
 * A Procfile: `name: command` in each line, blank lines and `#` comments between them. The order is the file's.
 *
 * @throws PoststackErrors `PROCFILE_SYNTAX`: all of them at once
 */
export function parseProcfile(text: string, file: string): readonly ProcfileEntry[] {
  const errors: PoststackError[] = [];
  const entries = new Map<string, ProcfileEntry>();
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (const [index, whole] of lines.entries()) {
    const content = whole.trim();
    if (content === "" || content.startsWith("#")) continue;
    const place = { file, line: index + 1, column: whole.search(/\S/) + 1 };
    const [, name, line] = entry.exec(content) ?? [];
    if (name === undefined || line === undefined) errors.push(badLine(content, place));
    else if (entries.has(name)) errors.push(duplicate(name, place, entries.get(name)?.place));
    else entries.set(name, { name, line, place, isOpen: index === lines.length - 1 });
  }
  if (errors.length === 0 && entries.size === 0) errors.push(empty(file));
  if (errors.length > 0) throw new PoststackErrors(errors);
  return [...entries.values()];
}

/**
 * The line as a command of the shell. One simple command gets an `exec`, so that the process is the program itself and
 * signals reach it; where that cannot be told for sure, the shell stays in front of it.
 */
export const shellCommand = (line: string): readonly [string, ...string[]] => [
  "/bin/sh",
  "-c",
  isSimpleCommand(line) ? `exec ${line}` : line,
];

/** `$NAME` or `${NAME}`. */
const variable = String.raw`\$(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})`;
/** Outside quotes nothing that joins, redirects, groups, substitutes or comments; inside double ones no substitution. */
const simple = new RegExp(
  String.raw`^(?:[^"'\\;&|<>(){}\x60$!#~]|${variable}|'[^']*'|"(?:[^"\\\x60$]|${variable})*")+$`,
);
const program = /^[A-Za-z0-9_./][A-Za-z0-9_./-]*(?=\s|$)/;

/** Words that the shell itself answers (POSIX.1-2017, XCU 2.4, 2.14 and 1.6) or that change what follows. */
const shellWords: ReadonlySet<string> = new Set(
  (
    ". : [ alias bg break case cd command continue do done echo elif else esac eval exec exit export false fc fg fi for " +
    "function getopts hash if in jobs kill local printf pwd read readonly return select set shift source test then time " +
    "times trap true type typeset ulimit umask unalias unset until wait while"
  ).split(" "),
);

function isSimpleCommand(line: string): boolean {
  const first = program.exec(line)?.[0];
  return first !== undefined && !shellWords.has(first) && simple.test(line);
}

const badLine = (content: string, where: Place): PoststackError =>
  new PoststackError("PROCFILE_SYNTAX", {
    what: `${JSON.stringify(content.length > 60 ? `${content.slice(0, 59)}…` : content)} is not \`name: command\``,
    where,
    next: "write a name of letters, digits, - and _, a colon, and the command",
  });

const duplicate = (name: string, where: Place, first: Place | undefined): PoststackError =>
  new PoststackError("PROCFILE_SYNTAX", {
    what: `"${name}" stands here and in line ${first?.line ?? "?"}`,
    where,
    next: "give one of the two another name",
  });

const empty = (file: string): PoststackError =>
  new PoststackError("PROCFILE_SYNTAX", {
    what: `${file} names no process`,
    where: { file, line: 1, column: 1 },
    next: "write a line such as web: node server.mjs, or take `procfile:` out of the configuration",
  });
