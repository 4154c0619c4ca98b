/** A name, quoted or not, with or without the schema's. */
const name = String.raw`(?:"[^"]*"|\w+)(?:\.(?:"[^"]*"|\w+))?`;
const column = String.raw`(?:"[^"]*"|\w+)(?:\s+(?:asc|desc))?(?:\s+nulls\s+(?:first|last))?`;

/** How every statement must begin or be. What runs over rows, and so may call somebody's function, is not among them. */
const plainStatements: readonly RegExp[] = [
  /^create\s+(?:unlogged\s+)?table\s/i,
  new RegExp(
    String.raw`^create\s+(?:unique\s+)?index\s+(?:if\s+not\s+exists\s+)?(?:${name}\s+)?on\s+${name}\s*(?:using\s+\w+\s*)?\(\s*${column}\s*(?:,\s*${column}\s*)*\)$`,
    "i",
  ),
  new RegExp(String.raw`^create\s+type\s+${name}\s+as\s+enum\s*\(`, "i"),
  new RegExp(String.raw`^create\s+schema\s+(?:if\s+not\s+exists\s+)?${name}$`, "i"),
  new RegExp(String.raw`^alter\s+table\s+${name}\s+(?:rename\s+|drop\s+column\s+)[\w\s"]+$`, "i"),
  /^drop\s+(?:table|view|sequence|type|index)\s/i,
  /^comment\s+on\s/i,
  /^(?:grant|revoke)\s/i,
];

/** Tables that are gone with the session, or are filled; expressions that are worked out when the table is made. */
const notPlain = /\b(?:temp|temporary|pg_temp\w*|as|like|of|exclude|partition|concurrently)\b/i;
/** `as` where it makes no table of a query. */
const harmlessAs = /\b(?:generated\s+always|by\s+default)\s+as\s+(?:identity\b|\()|\bas\s+enum\b/gi;
const lineOfComment = /^[ \t]*--[^;'"$*\n]*$/gm;

/**
 * Whether the text leaves a session as it was, whatever the database holds: no setting, role, prepared statement, lock of
 * the session's, temporary table or listening. It is told by the words alone, and where they are not enough the answer is
 * no. A statement can only begin behind a semicolon or at the text's start, so where every piece between semicolons begins
 * as a plain one, every statement does, however quotes and comments lie. Comments are taken out where they cannot be the
 * end of anything else: a line without semicolon, quote and star.
 *
 * Triggers of events run for all of these; whoever asks must know that there are none.
 */
export function leavesNoTrace(text: string): boolean {
  const bare = text.replaceAll(lineOfComment, "");
  if (notPlain.test(bare.replaceAll(harmlessAs, " "))) return false;
  return bare.split(";").every((piece) => {
    const statement = piece.trim();
    return statement === "" || plainStatements.some((plain) => plain.test(statement));
  });
}
