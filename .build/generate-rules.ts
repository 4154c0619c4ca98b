// docs/migration-rules.md: what each rule says of its own example.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { sqlParser } from "../controller/adapters/sql-parser.ts";
import { examiner, type Suspicion } from "../controller/resources/migration/lint/examine.ts";
import { largeBytes, smallBytes, type Weight } from "../controller/resources/migration/lint/facts.ts";
import { describeLock } from "../controller/resources/migration/lint/lock.ts";
import type { Rule } from "../controller/resources/migration/lint/rule.ts";
import { metaRules, ruleGroups, rules } from "../controller/resources/migration/lint/rules.ts";

const mebibytes = (bytes: number): string => `${bytes / 1024 / 1024} MiB`;
const cell = (text: string): string => text.replaceAll("|", "\\|");

const weights: Readonly<Record<Weight, string>> = {
  size: "by the size of the table",
  rows: "as soon as there is a row",
  never: "always",
};

/** What the rule says of its example. */
async function told({ name, example }: Rule): Promise<Suspicion> {
  const { sql: text, transactional = true } = example;
  const file = {
    source: { file: "example.sql", text },
    transactional,
    parsed: await sqlParser.parse(text, { bodies: true }),
  };
  const found = examiner({ isChain: true })(file);
  const own = found.find(({ rule }) => rule === name);
  if (own === undefined) throw new Error(`the rule ${name} does not find its own example`);
  return own;
}

async function section(rule: Rule): Promise<readonly string[]> {
  const { what, locks, recipe } = await told(rule);
  const [atlas, squawk, strong] = elsewhere(rule);
  const others = [
    ...(atlas === "" ? [] : [`Atlas ${atlas}`]),
    ...(squawk === "" ? [] : [`Squawk ${squawk}`]),
    ...(strong === "" ? [] : [`strong_migrations: ${strong}`]),
  ];
  return [
    `### ${rule.name}`,
    "",
    `${sentence(rule.title)} **${rule.level}**, ${weights[rule.weight]}.${others.length === 0 ? "" : ` ${others.join("; ")}.`}`,
    "",
    "```sql",
    ...rule.example.sql.split("\n"),
    "```",
    "",
    sentence(what),
    "",
    ...locks.map((lock) => `- lock: ${describeLock(lock)}`),
    ...(locks.length === 0 ? [] : [""]),
    "Instead:",
    "",
    "```sql",
    ...recipe,
    "```",
    "",
  ];
}

const elsewhere = ({ elsewhere: { atlas = "", squawk = "", strongMigrations = "" } }: Rule): readonly string[] => [
  atlas,
  squawk,
  strongMigrations,
];

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

const table = (): readonly string[] => [
  "| rule | level | Atlas | Squawk | strong_migrations |",
  "| --- | --- | --- | --- | --- |",
  ...rules.map((rule) => {
    const others = elsewhere(rule).map(cell).join(" | ");
    return `| [\`${rule.name}\`](#${rule.name}) | ${rule.level} | ${others} |`;
  }),
  ...Object.entries(metaRules).map(([name, { level, title }]) => `| \`${name}\`: ${title} | ${level} | | | |`),
  "",
];

/** What the three look at, and where it is done here when not by a rule. */
const otherwise: readonly (readonly [string, string])[] = [
  ["Atlas: non-linear changes", "refused with `MIGRATION_ORDER` and `MIGRATION_GAP`"],
  [
    "Atlas: nested transactions; Squawk: transaction-nesting, ban-uncommitted-transaction",
    "refused with `MIGRATION_TRANSACTION`",
  ],
  [
    "Squawk: require-timeout-settings",
    "a `lock_timeout` of 5 s is always set, and tried again; `lock-timeout-off` finds who switches it off",
  ],
  [
    "Squawk: prefer-robust-stmts",
    "a file is one transaction with its row in the ledger; without one, each statement is recorded",
  ],
  [
    "strong_migrations: executing SQL directly",
    "everything is SQL here, and read as Postgres reads it, also in `DO` blocks and in functions that the file calls",
  ],
  [
    "Atlas: NM and PG110; Squawk: prefer-…, ban-char-field, identifier-too-long",
    "taste and storage, not safety: not looked at",
  ],
];

export async function generateRules(root: string): Promise<ReadonlyMap<string, string>> {
  const path = join(root, "docs/migration-rules.md");
  const intro = readFileSync(join(root, ".build/migration-rules.md"), "utf8")
    .replace("SMALL", mebibytes(smallBytes))
    .replace("LARGE", mebibytes(largeBytes));
  const groups: string[] = [];
  for (const { title, rules: some } of ruleGroups) {
    groups.push(`## ${title}`, "");
    for (const rule of some) groups.push(...(await section(rule)));
  }
  const text = [
    "<!-- Made from controller/resources/migration/lint and .build/migration-rules.md by `npm run generate`. -->",
    "",
    intro,
    ...table(),
    "## What other tools look at, and is done elsewhere",
    "",
    "| theirs | here |",
    "| --- | --- |",
    ...otherwise.map(([theirs, ours]) => `| ${cell(theirs)} | ${cell(ours)} |`),
    "",
    ...groups,
  ].join("\n");
  return new Map([["docs/migration-rules.md", await format(text, { ...(await resolveConfig(path)), filepath: path })]]);
}
