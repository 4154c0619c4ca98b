// The parts of README.md that are made from the code (between marks), and docs/configuration.md from the schema.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { commands, groups } from "../controller/cli/commands.ts";
import { errorCodes } from "../controller/core/errors.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

export async function generateDocs(root: string): Promise<ReadonlyMap<string, string>> {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const filled = fill(fill(readme, "commands", commandTable()), "errors", errorTable());
  return new Map([
    ["README.md", await pretty(root, "README.md", filled)],
    ["docs/configuration.md", await pretty(root, "docs/configuration.md", configuration(root))],
  ]);
}

async function pretty(root: string, file: string, text: string): Promise<string> {
  const path = join(root, file);
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}

/** What stands between `<!-- begin NAME -->` and `<!-- end NAME -->` becomes the lines. */
function fill(text: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md has no part between ${begin} and ${end}`);
  return `${text.slice(0, from)}${begin}\n\n${lines.join("\n")}\n\n${text.slice(to)}`;
}

const errorTable = (): readonly string[] => [
  "| code | class | what it means |",
  "| --- | --- | --- |",
  ...Object.entries(errorCodes).map(([code, [kind, meaning]]) => `| \`${code}\` | ${kind} | ${cell(meaning)} |`),
];

function commandTable(): readonly string[] {
  const order = ["", ...groups.map(([group]) => group)];
  const groupOf = (name: string): number => order.indexOf(name.includes(" ") ? (name.split(" ")[0] ?? "") : "");
  return [
    "| command | what it does |",
    "| --- | --- |",
    ...commands
      .toSorted((a, b) => groupOf(a.name) - groupOf(b.name))
      .map(
        ({ name, summary }) =>
          `| [\`${name}\`](docs/commands.md#poststack-${name.replaceAll(" ", "-")}) | ${cell(summary)} |`,
      ),
  ];
}

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly title?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** What is understood and refused with `NOT_YET`; a test compares it with what the validator says. */
export const later: readonly string[] = ["postgres.backup.schedule", "init[].pod", "deployment.pod", "users", "routes"];

interface Row {
  readonly path: string;
  readonly text: string;
  readonly fallback: string;
}

/** Every key of the schema by its path, with the sentence that an editor shows. */
export function configurationKeys(root: string): readonly Row[] {
  const schema = JSON.parse(readFileSync(join(root, "schema/poststack.schema.json"), "utf8")) as Schema;
  const rows: Row[] = [];

  const resolved = ({ $ref, ...own }: Schema): Schema => {
    const target = $ref === undefined ? {} : schema.definitions?.[$ref.replace("#/definitions/", "")];
    return { ...target, ...own };
  };
  const walk = (path: string, part: Schema): void => {
    for (const [key, property] of Object.entries(part.properties ?? {})) {
      visit(path === "" ? key : `${path}.${key}`, resolved(property));
    }
  };
  const visit = (path: string, part: Schema): void => {
    const [text = "", fallback = ""] = (part.description ?? "").split(/\s*Default: /);
    const choice =
      part.enum === undefined ? "" : ` One of ${part.enum.map((value) => `\`${String(value)}\``).join(", ")}.`;
    rows.push({ path, text: `${text}${choice}`, fallback });
    inside(path, part);
  };
  const inside = (path: string, part: Schema): void => {
    if (later.includes(path) || isSecret(part)) return;
    walk(path, part);
    if (part.items !== undefined) inside(`${path}[]`, resolved(part.items));
    if (typeof part.additionalProperties === "object") inside(`${path}.NAME`, resolved(part.additionalProperties));
    for (const one of part.anyOf ?? []) if (!isSecret(resolved(one))) inside(path, resolved(one));
  };
  const isSecret = ({ title, anyOf = [] }: Schema): boolean =>
    title === "SecretReference" || anyOf.some((one) => one.$ref === "#/definitions/secret");

  walk("", { properties: { project: schema.properties?.["project"] ?? {} } });
  walk("", resolved({ $ref: "#/definitions/environment" }));
  return rows;
}

function configuration(root: string): string {
  const rows = configurationKeys(root);
  const table = (keys: readonly Row[]): readonly string[] => [
    "| key | what it says | default |",
    "| --- | --- | --- |",
    ...keys.map(({ path, text, fallback }) => {
      const mark = later.some((one) => path === one) ? " (later)" : "";
      return `| \`${path}\`${mark} | ${cell(text)} | ${cell(fallback)} |`;
    }),
    "",
  ];
  const of = (name: string): readonly Row[] => rows.filter(({ path }) => new RegExp(`^${name}(?:[.[]|$)`).test(path));
  const sections = ["postgres", "init", "deployment"];
  const rest = rows.filter(
    ({ path }) => !["project", ...sections].some((name) => of(name).some((row) => row.path === path)),
  );
  return [
    "<!-- Made from schema/poststack.schema.json by `npm run generate`. -->",
    "",
    "# Every key of .poststack.yml",
    "",
    "[.poststack.yml.example](../.poststack.yml.example) shows them in one file. `NAME` stands for a name of yours, `[]`",
    "for each item of a list. A key marked (later) is known and refused with `NOT_YET`: nothing is silently ignored.",
    "Keys that begin with `x-` are yours. Variables as in [variables.md](variables.md) work in every value of an",
    "environment. A secret is `auto_generated`, or a map with one of `env`, `file` or `command`:",
    "[variables.md](variables.md#secrets).",
    "",
    "## project",
    "",
    ...table(of("project")),
    "## environments.NAME",
    "",
    ...table(rest),
    ...sections.flatMap((name) => [`### ${name}`, "", ...table(of(name))]),
  ].join("\n");
}
