import type { InTheWay, RelationImpact, StatementImpact } from "./impact.ts";
import { renderBytes, renderCountOf } from "./quantity.ts";
import { howLong, waits } from "./table-lock.ts";

/** Of a list, before the rest is counted: the JSON has them all. */
const shown = 3;

/** Characters of a statement. */
const longestStatement = 100;

/** One statement in words: `3: alter table …`, and a line for each relation and for each session in its way. */
export function describeStatement({ statement, place, relations }: StatementImpact): readonly string[] {
  const text = onOneLine(statement);
  const rest = relations.length - shown;
  return [
    `${place.line}: ${text.length > longestStatement ? `${text.slice(0, longestStatement)}…` : text}`,
    ...relations.slice(0, shown).flatMap(describeRelation),
    ...(rest > 0 ? [`  and ${renderCountOf(rest, "relation")} more`] : []),
  ];
}

/** `ACCESS EXCLUSIVE on orders (1.2 GiB in about 3000000 rows, 4 indexes) while every row is read: reads and writes wait` */
function describeRelation(one: RelationImpact): readonly string[] {
  const { name, lock, blocks, work, inTheWay } = one;
  const rest = inTheWay.length - shown;
  return [
    `  ${lock} on ${onOneLine(name)}${sizeOf(one)} ${howLong[work]}: ${waits[blocks]}`,
    ...inTheWay.slice(0, shown).map((session) => `    in the way: ${describeSession(session)}`),
    ...(rest > 0 ? [`    and ${renderCountOf(rest, "session")} more`] : []),
  ];
}

function sizeOf({ kind, bytes, rows, indexes }: RelationImpact): string {
  if (!/table|materialized/.test(kind)) return ` (${kind})`;
  if (bytes === 0) return " (empty)";
  const estimate = rows < 0 ? "" : ` in about ${renderCountOf(rows, "row")}`;
  return ` (${renderBytes(bytes)}${estimate}, ${renderCountOf(indexes, "index")})`;
}

/** `psql (pid 812, idle in transaction for 40 s): update orders …` */
const describeSession = ({ pid, application, state, ageS, query }: InTheWay): string =>
  onOneLine(
    `${application} (${pid === undefined ? "" : `pid ${pid}, `}${state} for ${ageS} s)${query === "" ? "" : `: ${query}`}`,
  );

/** A quoted name, or a statement, may hold a line break, or what a terminal takes for a command. */
const onOneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, " ");
