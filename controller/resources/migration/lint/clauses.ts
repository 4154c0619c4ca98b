import type { Alteration } from "./statement.ts";
import type { Name } from "./names.ts";
import { plain, show } from "./names.ts";

/** Texts of recipes, made of the statement's own words. */

/** `ALTER TABLE orders ADD COLUMN …;` */
export const alter = (table: Name, command: string): string => `ALTER TABLE ${show(table)} ${command};`;

/** The first line of a file that is no transaction. */
export const noTransaction = "-- poststack: no-transaction";
export const later = "-- in a migration after that one:";

/** A name as Postgres would choose it (manual: CREATE TABLE, "table_column_suffix"), within its 63 bytes. */
export const chosenName = ({ name }: Name, columns: readonly string[], suffix: string): string =>
  `${Array.from([name, ...columns].join("_"))
    .slice(0, 62 - suffix.length)
    .join("")}_${suffix}`;

/** The words of a column after its name and type, each clause with what belongs to it. */
interface ColumnText {
  /** `note text COLLATE "C"` */
  readonly head: string;
  /** `DEFAULT now()`, `NOT NULL`, `CHECK (…)`, `REFERENCES o (id) ON DELETE SET NULL` */
  readonly clauses: readonly string[];
}

const clauseWords = /^(?:default|not|null|constraint|check|unique|primary|references|generated)$/i;

/** Cuts `ADD COLUMN [IF NOT EXISTS] name type …` as a file has it. */
export function columnText({ text }: Alteration): ColumnText {
  const body = text.replace(/^add\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?/i, "");
  const parts: string[] = [""];
  let depth = 0;
  let before = "";
  for (const [word] of body.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[\w$.]+|\s+|[\s\S]/g)) {
    if (word === "(" || word === "[") depth++;
    if (word === ")" || word === "]") depth--;
    const isStart =
      depth === 0 && clauseWords.test(word) && parts.join("").trim() !== "" && !isInside(word, before, parts);
    if (isStart) parts.push("");
    parts[parts.length - 1] += word;
    if (word.trim() !== "") before = word.toLowerCase();
  }
  const [head = "", ...clauses] = parts.map((part) => part.trim().replaceAll(/\s+/g, " "));
  return { head, clauses };
}

/** `DEFAULT` after BY, `NULL` after NOT or DEFAULT, and what stands behind the name of a constraint begin no clause. */
function isInside(word: string, before: string, parts: readonly string[]): boolean {
  const clause = (parts.at(-1) ?? "").trim().toLowerCase();
  if (/^(?:by|set|not|default|is)$/.test(before)) return true;
  return /^constraint\s+\S+$/.test(clause) && word.toLowerCase() !== "constraint";
}

/** The column without the clauses that begin with these words. */
export const columnWithout = ({ head, clauses }: ColumnText, ...words: readonly string[]): string =>
  [head, ...clauses.filter((clause) => !words.some((word) => begins(clause, word)))].join(" ");

/** What a clause says behind its word: of `DEFAULT now()`, `now()`. */
export const clauseOf = ({ clauses }: ColumnText, word: string): string =>
  clauses
    .find((clause) => begins(clause, word))
    ?.replace(new RegExp(`^(?:constraint\\s+\\S+\\s+)?${word}\\s*`, "i"), "") ?? "";

const begins = (clause: string, word: string): boolean =>
  new RegExp(`^(?:constraint\\s+\\S+\\s+)?${word}\\b`, "i").test(clause);

/** `ADD CONSTRAINT name CHECK (…)`, with a name where the file leaves it to the server. */
export const namedConstraint = (text: string, name: string): string =>
  /^add\s+constraint\b/i.test(text) ? text : text.replace(/^add\s+/i, `ADD CONSTRAINT ${plain(name)} `);

/** Rows in batches, each committed: others wait for one batch at most. */
export const inBatches = (table: Name, change: string, undone: string): readonly string[] => [
  noTransaction,
  "DO $$ BEGIN",
  "  LOOP",
  `    ${change} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${show(table)} WHERE ${undone} LIMIT 10000));`,
  "    EXIT WHEN NOT FOUND;",
  "    COMMIT;",
  "  END LOOP;",
  "END $$;",
];
