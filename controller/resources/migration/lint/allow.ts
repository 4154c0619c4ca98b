import type { Statement } from "./statement.ts";

/** `-- poststack: allow RULE reason` beside a statement or before it; `allow-file` for all of the file. */
export interface Allowance {
  readonly rule: string;
  /** Empty where none is given. */
  readonly reason: string;
  readonly isForFile: boolean;
  /** Of its hyphens, in UTF-16 code units. */
  readonly offset: number;
}

const line = /--[ \t]*poststack[ \t]*:[ \t]*allow(?<file>-file)?(?:[ \t]+(?<rule>\S+)(?<reason>.*))?$/gim;

/** All of a text, in order. Most texts have none and cost one search for a word. */
export function allowancesIn(text: string): readonly Allowance[] {
  if (!/poststack[ \t]*:[ \t]*allow/i.test(text)) return [];
  return [...text.matchAll(line)].map(({ index, groups = {} }) => ({
    rule: groups["rule"] ?? "",
    reason: (groups["reason"] ?? "").trim(),
    isForFile: groups["file"] !== undefined,
    offset: index,
  }));
}

/** The statement that a line is for: the one that it stands in, or behind on its last line; else the next. */
export function statementFor(
  { offset }: Allowance,
  statements: readonly Statement[],
  text: string,
): Statement | undefined {
  const before = statements.findLast(({ offset: begins, isBlock }) => isBlock !== true && begins <= offset);
  if (before !== undefined) {
    const end = before.offset + before.text.length;
    if (offset < end || !text.slice(end, offset).includes("\n")) return before;
  }
  return statements.find((statement) => statement.offset > offset && statement.from <= offset);
}
