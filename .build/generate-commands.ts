// docs/commands.md, from the table of commands: the same texts that --help prints.
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { commands, groups } from "../controller/cli/commands.ts";
import { globalOptions } from "../controller/cli/global-options.ts";
import type { CommandSpec, OptionSpec } from "../controller/cli/spec.ts";

const file = "docs/commands.md";

/** In a cell of a table: a bar would end it. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``;

/** GitHub's anchor of a heading that is nothing but words and hyphens. */
const anchor = (name: string): string => `poststack-${name.replaceAll(" ", "-")}`;

const optionRow = ({ flags, description, values, many = false }: OptionSpec): string => {
  const choice = values === undefined ? "" : `; one of ${values.map(code).join(", ")}`;
  return `| ${code(flags)} | ${cell(description)}${many ? "; may be given several times" : ""}${choice} |`;
};

const optionTable = (options: readonly OptionSpec[]): readonly string[] => [
  "| option | what it does |",
  "| --- | --- |",
  ...options.map(optionRow),
  "",
];

function section({
  name,
  summary,
  description,
  arguments: given = [],
  options = [],
  examples,
  aliases = [],
}: CommandSpec) {
  const words = [...given.map((argument) => argument.name), ...(options.length === 0 ? [] : ["[options]"])];
  const others = aliases.map((alias) => code(`poststack ${name.replace(/\S+$/, alias)}`)).join(", ");
  return [
    `### poststack ${name}`,
    "",
    `${description ?? `${summary[0]?.toUpperCase() ?? ""}${summary.slice(1)}`}${description === undefined ? "." : ""}`,
    "",
    "```sh",
    `poststack ${[name, ...words].join(" ")}`,
    "```",
    "",
    ...given.map((argument) => `- ${code(argument.name)}: ${argument.description}`),
    "",
    ...(options.length === 0 ? [] : optionTable(options)),
    "For example:",
    "",
    ...examples.map(([line, what]) => `- ${code(line)}: ${what}`),
    "",
    ...(others === "" ? [] : [`Also: ${others}.`, ""]),
  ];
}

export async function generateCommands(root: string): Promise<ReadonlyMap<string, string>> {
  const grouped = [["", "The main commands"], ...groups] as const;
  const of = (group: string): readonly CommandSpec[] =>
    commands.filter(({ name }) => (name.includes(" ") ? name.split(" ")[0] : "") === group);
  const lines = [
    "<!-- Made from controller/cli/commands by `npm run generate`. -->",
    "",
    "# Commands",
    "",
    "Every command prints its answer on standard output and everything else on standard error, so that `--json` can be",
    "piped. The documents are described in [schema/](../schema). `poststack COMMAND --help` says what stands here.",
    "",
    "| exit code | what it says |",
    "| --- | --- |",
    "| 0 | done, or nothing to do |",
    "| 1 | an error that a person has to look into |",
    "| 2 | `plan` or `db drift` with `--detailed-exitcode` found something; `db dump --check` found another schema |",
    "| 3 | stalled: it may pass by itself, but did not in time |",
    "| 4 | locked: another Poststack works on the environment |",
    "| 5 | refused: a confirmation is missing, or the environment is protected |",
    "| 130, 143 | interrupted by SIGINT or SIGTERM |",
    "",
    ...grouped.map(([group]) => {
      const links = of(group).map(({ name }) => `[${name}](#${anchor(name)})`);
      return `- ${group === "" ? "alone" : `**${group}**`}: ${links.join(", ")}`;
    }),
    "",
    "## Options of every command",
    "",
    ...optionTable(globalOptions),
    ...grouped.flatMap(([group, title]) => [
      `## ${group === "" ? title : `${group}: ${title}`}`,
      "",
      ...of(group).flatMap(section),
    ]),
  ];
  const path = join(root, file);
  const text = await format(lines.join("\n"), { ...(await resolveConfig(path)), filepath: path });
  return new Map([[file, text]]);
}
