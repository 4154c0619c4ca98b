/** From the gravest: an error keeps a migration from running, a warning is shown with it, a note is for who asks. */
const levels = ["error", "warning", "note", "off"] as const;
export type Level = (typeof levels)[number];

/** The milder of two. */
export const milder = (a: Level, b: Level): Level => (levels.indexOf(a) > levels.indexOf(b) ? a : b);

/** `policy.lint` of an environment. */
export interface LintPolicy {
  /** Of rules that are not listed. Undefined: what each rule says itself. */
  readonly default?: Level;
  readonly rules: ReadonlyMap<string, Level>;
}

/** Where an environment says nothing. */
export const plainPolicy: LintPolicy = { rules: new Map() };

/** The level that a policy gives a rule, before the size of a table is weighed. */
export const levelOf = (policy: LintPolicy, rule: string, own: Level): Level =>
  policy.rules.get(rule) ?? policy.default ?? own;
