import type { AnyAction } from "./action.ts";
import { renderPlace } from "./place.ts";
import { describeStatement } from "./impact-words.ts";
import type { Plan } from "./plan.ts";
import { renderCountOf } from "./quantity.ts";
import { describeRehearsed, styleOfRehearsed, summariseRehearsal } from "./rehearsal-words.ts";
import type { RehearsedMigration } from "./rehearsal.ts";
import { driftLines } from "./schema-drift-words.ts";

/** How a face may emphasise a part of a line; core uses none. */
export type Style = "add" | "change" | "remove" | "run" | "refuse" | "dim" | "strong";
export type Paint = (style: Style, text: string) => string;
export const plain: Paint = (_style, text) => text;

/** `+` create `~` change in place `±` replace `-` take away `▸` run `!` refused */
export type PlanSymbol = "+" | "~" | "±" | "-" | "▸" | "!";

const symbols: Readonly<Record<string, PlanSymbol>> = {
  create: "+",
  start: "▸",
  run: "▸",
  apply: "▸",
  repeat: "▸",
  replay: "▸",
  update: "~",
  reload: "~",
  restart: "~",
  take: "▸",
  restore: "±",
  prune: "-",
  baseline: "~",
  repair: "~",
  replace: "±",
  delete: "-",
  drop: "-",
  stop: "-",
  end: "-",
  revoke: "-",
  rollback: "-",
  refuse: "!",
};

export const symbolOf = (verb: string): PlanSymbol => symbols[verb] ?? "~";

const styles: Readonly<Record<PlanSymbol, Style>> = {
  "+": "add",
  "~": "change",
  "±": "change",
  "-": "remove",
  "▸": "run",
  "!": "refuse",
};

export const styleOf = (verb: string): Style => styles[symbolOf(verb)];

/** Lines of one kind and verb that are shown before the rest is counted. */
const shownInARow = 12;

export interface RenderOptions {
  readonly paint?: Paint;
  /** Every line, also the thousandth migration. */
  readonly all?: boolean;
  /** Places in the files at the end of each line. */
  readonly places?: boolean;
}

/** `update role:app  login false → true`: the shortest form of an action, for messages and tests. */
export const renderAction = ({ verb, id, reason, hazards }: AnyAction): string =>
  `${verb} ${id}  ${reason}${hazards.length === 0 ? "" : `  [${hazards.join(", ")}]`}`;

export const renderActions = (actions: readonly AnyAction[]): string => actions.map(renderAction).join("\n");

/** What waits, and for whom. */
export const renderHeld = ({ held = [] }: Pick<Plan, "held">, paint: Paint = plain): readonly string[] =>
  held.map(({ id, reason }) => paint("dim", `  ‖ ${id}  held: ${reason}`));

/** A plan as people read it: one line for each action, what is deferred, and a count. */
export function renderPlan(plan: Plan, { paint = plain, all = false, places = true }: RenderOptions = {}): string {
  const drift = plan.drift === undefined ? [] : driftLines(plan.drift, plan.environment, { paint, all });
  const { under, apart, summary } = rehearsalLines(plan, paint);
  const held = (plan.held ?? []).flatMap((one) => [
    ...renderHeld({ held: [one] }, paint).map((head) => `${head}${hazardsIn(one, paint)}${notesIn(one, paint)}`),
    ...under(one),
    ...statementLines(one, { paint, all }),
  ]);
  if (plan.actions.length === 0 && plan.deferred.length === 0) return [...drift, ...held, "Nothing to do."].join("\n");
  const idWidth = Math.min(
    40,
    Math.max(0, ...plan.actions.map(({ id }) => id.length), ...plan.deferred.map(({ id }) => id.length)),
  );
  const verbWidth = Math.max(0, ...plan.actions.map(({ verb }) => verb.length));
  const line = (action: AnyAction): string => {
    const style = styleOf(action.verb);
    const place = places && action.place !== undefined ? paint("dim", `  ${renderPlace(action.place)}`) : "";
    const head = `${symbolOf(action.verb)} ${action.id.padEnd(idWidth)}  ${action.verb.padEnd(verbWidth)}`;
    return `  ${paint(style, head)}  ${action.reason}${hazardsIn(action, paint)}${place}${notesIn(action, paint)}`;
  };
  const lineOf = (action: AnyAction): string =>
    [line(action), ...under(action), ...statementLines(action, { paint, all })].join("\n");
  const lines = groups(plan.actions).flatMap((group) => {
    if (all || group.length <= shownInARow) return group.map(lineOf);
    const shown = group.slice(0, shownInARow - 2);
    const last = group.at(-1);
    const left = group.length - shown.length - 1;
    const rest = paint("dim", `    … ${left} more of kind ${shown[0]?.kind ?? ""} (-v shows all)`);
    return [...shown.map(lineOf), rest, ...(last === undefined ? [] : [lineOf(last)])];
  });
  const deferred = plan.deferred.map(({ id, reason }) =>
    paint("dim", `  … ${id.padEnd(idWidth)}  deferred: ${reason}`),
  );
  return [...lines, ...deferred, ...held, ...apart, "", renderCount(plan), ...summary, ...drift].join("\n");
}

const hazardsIn = ({ hazards = [] }: Partial<Pick<AnyAction, "hazards">>, paint: Paint): string =>
  hazards.length === 0 ? "" : paint("remove", `  [${hazards.join(", ")}]`);

const notesIn = ({ notes = [] }: Pick<AnyAction, "notes">, paint: Paint): string =>
  notes.map((note) => `\n      ${paint("change", note)}`).join("");

/** What each statement of a migration does: for who asks, and where it is worth a look. */
function statementLines(
  { statements = [], hazards = [] }: Partial<Pick<AnyAction, "statements" | "hazards">>,
  { paint = plain, all }: RenderOptions,
): readonly string[] {
  if (all !== true && hazards.length === 0) return [];
  const told = all === true ? statements : statements.slice(0, shownInARow);
  const left = statements.length - told.length;
  return [
    ...told.flatMap(describeStatement).map((text) => paint("dim", `      ${text}`)),
    ...(left === 0 ? [] : [paint("dim", `      … ${renderCountOf(left, "statement")} more (-v shows all)`)]),
  ];
}

/** What a rehearsal has shown: under each migration, or by itself where nobody knows whether the migration is to run. */
function rehearsalLines({ actions, held = [], rehearsal }: Plan, paint: Paint) {
  const told = new Map((rehearsal?.migrations ?? []).map((one) => [one.id, one]));
  const textOf = (one: RehearsedMigration): string => paint(styleOfRehearsed(one), describeRehearsed(one));
  const planned = new Set([...actions, ...held].map(({ id }) => id));
  return {
    under: ({ id }: Pick<AnyAction, "id">): readonly string[] => {
      const one = told.get(id);
      return one === undefined ? [] : [`      ${textOf(one)}`];
    },
    apart: [...told.values()].filter(({ id }) => !planned.has(id)).map((one) => `    ${one.id}  ${textOf(one)}`),
    summary: rehearsal === undefined ? [] : [summariseRehearsal(rehearsal)],
  };
}

/** Neighbours of one kind and verb. */
function groups(actions: readonly AnyAction[]): readonly (readonly AnyAction[])[] {
  const result: AnyAction[][] = [];
  for (const action of actions) {
    const last = result.at(-1);
    const [first] = last ?? [];
    if (last !== undefined && first?.kind === action.kind && first.verb === action.verb) last.push(action);
    else result.push([action]);
  }
  return result;
}

const words: readonly (readonly [readonly PlanSymbol[], string])[] = [
  [["+"], "to create"],
  [["▸"], "to run"],
  [["~"], "to change"],
  [["±"], "to replace"],
  [["-"], "to take away"],
  [["!"], "refused"],
];

/** `Plan: 3 to create, 1 to run.` */
export function renderCount(plan: Plan): string {
  const counts = words.flatMap(([of, word]) => {
    const count = plan.actions.filter(({ verb }) => of.includes(symbolOf(verb))).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  const deferred = plan.deferred.length === 0 ? [] : [`${plan.deferred.length} deferred`];
  const held = plan.held === undefined ? [] : [`${plan.held.length} held`];
  return `Plan: ${[...counts, ...deferred, ...held].join(", ")}.`;
}
