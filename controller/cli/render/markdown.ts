import { isRefusal } from "../../core/action.ts";
import { describeDifference } from "../../core/catalog/describe.ts";
import { describeStatement } from "../../core/impact-words.ts";
import { renderPlace } from "../../core/place.ts";
import { isSettled, type Plan } from "../../core/plan.ts";
import { describeRehearsed, summariseRehearsal } from "../../core/rehearsal-words.ts";
import type { RehearsedMigration } from "../../core/rehearsal.ts";
import { renderCountOf } from "../../core/quantity.ts";
import { renderCount, symbolOf } from "../../core/render.ts";
import { summariseDrift } from "../../core/schema-drift-words.ts";
import type { SchemaDrift } from "../../core/schema-drift.ts";
import type { Action } from "../../resources/index.ts";

/** Lines of a plan that a comment holds: GitHub cuts comments at 65,536 characters, and GitLab at a million. */
const shownActions = 200;
const shownRisky = 20;
/** Characters for the statements of all migrations together: the rest of the comment needs some, too. */
const statementRoom = 30_000;
/** Characters of one reason. */
const longestReason = 160;

/**
 * A plan as a comment of a pull request: what is dangerous or refused stands open, the whole list can be unfolded. Like
 * every plan it holds no secret.
 */
export function renderMarkdown(plan: Plan<Action>): string {
  const title = `### Plan for ${code(plan.environment)} of ${code(plan.project)}`;
  const drift = plan.drift === undefined ? [] : driftSection(plan.drift, plan.environment);
  const told = new Map((plan.rehearsal?.migrations ?? []).map((one) => [one.id, one]));
  const isStated = ({ statements = [] }: Partial<Pick<Action, "statements">>): boolean => statements.length > 0;
  const room = statementRoom / [...plan.actions, ...(plan.held ?? [])].filter(isStated).length;
  const waiting = (plan.held ?? []).map((one) =>
    [
      `- ‖ ${code(one.id)} held: ${text(one.reason)}`,
      ...(one.notes ?? []).map((note) => `  - ${text(note)}`),
      ...underneath(told.get(one.id)),
      ...statementsOf(one, room),
    ].join("\n"),
  );
  if (isSettled(plan)) {
    const nothing = "Nothing to do: everything is as the files say.";
    return [title, ...drift, ...(waiting.length === 0 ? [] : [waiting.join("\n")]), nothing].join("\n\n");
  }
  const risky = plan.actions.filter(({ hazards }) => hazards.length > 0);
  const refused = plan.actions.filter(isRefusal);
  const items = plan.actions.map((action) =>
    [item(action), ...underneath(told.get(action.id)), ...statementsOf(action, room)].join("\n"),
  );
  const deferred = plan.deferred.map(({ id, reason }) => `- … ${code(id)} deferred: ${text(reason)}`);
  return [
    title,
    `**${renderCount(plan)}**`,
    ...(plan.rehearsal === undefined ? [] : [whole(summariseRehearsal(plan.rehearsal))]),
    ...section("Hazards", "⚠️", risky.map(item)),
    ...section("Refused", "⛔", refused.map(refusal)),
    ...drift,
    [
      `<details><summary>All ${items.length + deferred.length + waiting.length} lines</summary>`,
      cut([...items, ...deferred, ...waiting], shownActions).join("\n"),
      "</details>",
    ].join("\n\n"),
    `<sub>Fingerprint ${code(plan.fingerprint.slice(0, 16))}</sub>`,
  ].join("\n\n");
}

function driftSection(drift: SchemaDrift, environment: string): readonly string[] {
  const items = drift.differences.map((one) => {
    const [adopt, undo] = [one.adopt, one.undo].map((some) =>
      some === null ? "no statement can" : code(`${some.join("; ")};`),
    );
    return `- ${text(describeDifference(one))}\n  - adopt: ${adopt}\n  - undo: ${undo}`;
  });
  return [
    `≠ **Drift**: ${whole(summariseDrift(drift, environment))}`,
    ...(items.length === 0 ? [] : [cut(items, shownRisky).join("\n")]),
  ];
}

const section = (title: string, sign: string, items: readonly string[]): readonly string[] =>
  items.length === 0 ? [] : [`${sign} **${title}**`, cut(items, shownRisky).join("\n")];

const cut = (items: readonly string[], most: number): readonly string[] =>
  items.length <= most ? items : [...items.slice(0, most), `- … and ${items.length - most} more`];

const underneath = (one: RehearsedMigration | undefined): readonly string[] =>
  one === undefined ? [] : [`  - ${text(describeRehearsed(one))}`];

/** What each statement does, to be unfolded. The blank lines make the inside Markdown again (CommonMark 4.6). */
function statementsOf({ statements = [] }: Partial<Pick<Action, "statements">>, room: number): readonly string[] {
  if (statements.length === 0) return [];
  const items: string[] = [];
  let left = room;
  for (const one of statements) {
    const [head = "", ...lines] = describeStatement(one);
    const words = [`  - ${code(head)}`, ...lines.map((line) => `    - ${text(line)}`)].join("\n");
    left -= words.length;
    if (left < 0) break;
    items.push(words);
  }
  const rest = statements.length - items.length;
  return [
    `\n  <details><summary>${renderCountOf(statements.length, "statement")}</summary>\n`,
    ...items,
    ...(rest === 0 ? [] : [`  - … and ${rest} more`]),
    "\n  </details>",
  ];
}

function item({ id, verb, reason, hazards, place, notes = [] }: Action): string {
  const risk = hazards.length === 0 ? "" : ` **[${hazards.join(", ")}]**`;
  const where = place === undefined ? "" : ` (${code(renderPlace(place))})`;
  const below = notes.map((note) => `\n  - ⚠️ ${text(note)}`).join("");
  return `- ${code(symbolOf(verb))} ${verb} ${code(id)}: ${text(reason)}${risk}${where}${below}`;
}

function refusal({ id, error }: Action & { readonly verb: "refuse" }): string {
  const where = error.where === undefined ? "" : ` (${code(renderPlace(error.where))})`;
  const next = error.next === undefined ? "" : `. Next: ${text(error.next)}`;
  return `- ${code(id)} ${error.code}: ${text(error.what)}${where}${next}`;
}

/** As a code span: in one that has backticks inside, the fence is longer than the longest run of them (CommonMark 6.1). */
function code(content: string): string {
  const line = content.replaceAll(/\s+/g, " ");
  const runs = [...line.matchAll(/`+/g)].map(([run]) => run.length);
  if (runs.length === 0) return `\`${line}\``;
  const fence = "`".repeat(Math.max(...runs) + 1);
  return `${fence} ${line} ${fence}`;
}

/** As plain text, cut where it is long. */
function text(content: string): string {
  const line = content.replaceAll(/\s+/g, " ").trim();
  return whole(line.length > longestReason ? `${line.slice(0, longestReason - 1)}…` : line);
}

/** As plain text: nothing of it is markup, a link, a mention or HTML. */
const whole = (line: string): string =>
  line.replaceAll(/[\\`*_[\]<>&#|~!@]/g, (letter) => `&#${letter.charCodeAt(0)};`);
