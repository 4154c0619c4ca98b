import { describeDifference } from "./catalog/describe.ts";
import type { Paint } from "./render.ts";
import type { DriftedObject, SchemaDrift } from "./schema-drift.ts";

const styles = { added: "add", removed: "remove", changed: "change" } as const;

/** The object, with the statements that adopt and that undo it. */
export function driftParagraph(one: DriftedObject, paint: Paint): string {
  const lines = (label: string, statements: readonly string[] | null): readonly string[] => {
    if (statements === null) return [`  ${label}  (no statement can)`];
    return statements.map(
      (statement, index) => `  ${index === 0 ? label : "     "}  ${statement.replaceAll("\n", "\n         ")};`,
    );
  };
  return [
    paint(styles[one.change], describeDifference(one)),
    ...lines("adopt", one.adopt),
    ...lines("undo ", one.undo),
  ].join("\n");
}

/** `2 objects differ from what the 3 migrations of dev make.`, and what else there is to know. */
export function summariseDrift(
  { migrations, differences, expected, unknown }: SchemaDrift,
  environment: string,
): string {
  if (unknown !== undefined) return `Drift of ${environment} is not known: ${unknown}.`;
  const count = differences.length;
  const verdict =
    count === 0
      ? `No drift: the schema of ${environment} is what its ${migrations} migrations make.`
      : `${count} ${count === 1 ? "object differs" : "objects differ"} from what the ${migrations} migrations of ${environment} make.`;
  return [verdict, ...reasonsOf(expected)].join(" ");
}

/** `Left out: 1 object (the ledger of flyway).` */
function reasonsOf(expected: SchemaDrift["expected"]): readonly string[] {
  const reasons = [...new Set(expected.map(({ because }) => because))];
  return reasons.map((reason) => {
    const count = expected.filter(({ because }) => because === reason).length;
    return `Left out: ${count} ${count === 1 ? "object" : "objects"} (${reason}).`;
  });
}

/** Of a plan, before the rest is counted. */
const shownInPlan = 12;
/** Characters of a statement in a plan: `db drift` has it whole. */
const longestStatement = 160;

/** Behind the actions of a plan: nothing of it is done by an apply. */
export function driftLines(
  drift: SchemaDrift,
  environment: string,
  { paint, all }: { readonly paint: Paint; readonly all: boolean },
): readonly string[] {
  const { differences } = drift;
  const shown = all ? differences : differences.slice(0, shownInPlan);
  const left = differences.length - shown.length;
  const line = (label: string, statements: readonly string[] | null): string =>
    paint("dim", `      ${label}  ${statements === null ? "(no statement can)" : shortened(statements)}`);
  return [
    ...shown.flatMap((one) => [
      paint(styles[one.change], `  ≠ ${onOneLine(describeDifference(one))}`),
      line("adopt", one.adopt),
      line("undo ", one.undo),
    ]),
    ...(left === 0 ? [] : [paint("dim", `    … ${left} more that differ (-v shows all)`)]),
    summariseDrift(drift, environment),
  ];
}

function shortened(statements: readonly string[]): string {
  const line = onOneLine(statements.map((statement) => `${statement};`).join(" "));
  return line.length > longestStatement ? `${line.slice(0, longestStatement - 1)}…` : line;
}

/** A quoted name may hold a line break, or what a terminal takes for a command. */
const onOneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, " ");
