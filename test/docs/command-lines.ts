// Command lines in pages, compared with the table of commands.
import { commands } from "../../controller/cli/commands.ts";
import { globalOptions } from "../../controller/cli/global-options.ts";
import type { CommandSpec, OptionSpec } from "../../controller/cli/spec.ts";
import type { Page } from "./markdown.ts";

/** `poststack …` as it stands in code: whole spans, and lines of shell fences, also inside `"$(…)"`. */
export function commandLines({ spans, fences }: Page): readonly string[] {
  const shell = fences.filter(({ language }) => language === "sh" || language === "cron").flatMap(linesOf);
  return [...spans, ...shell].flatMap((text) => /(?:^|&& |\$\(|npx )(poststack [a-z].*)$/.exec(text.trim())?.[1] ?? []);
}

const linesOf = ({ text }: { readonly text: string }): readonly string[] =>
  text
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) => line.replace(/\s#.*$/, ""));

const namesOf = ({ name, aliases = [] }: CommandSpec): readonly string[] => [
  name,
  ...aliases.map((alias) => name.replace(/\S+$/, alias)),
];

/** What is wrong with a line: nothing, or one sentence. A word in capitals stands for one of the reader's. */
export function explain(line: string): readonly string[] {
  const [given = ""] = line.split(/\)"?|\s[>|]{1,2}\s|\s&&|\s\|\|/);
  const words = given.trim().split(/\s+/).slice(1);
  if (/^[A-Z…]/.test(words[0] ?? "")) return [];
  const group =
    commands.some(({ name }) => name.startsWith(`${words[0]} `)) && (words[1] === undefined || words[1] === "…");
  if (group) return [];
  const command = commands.find((one) =>
    namesOf(one).some((name) => name.split(" ").every((word, index) => words[index] === word)),
  );
  if (command === undefined) return [`${line}: no such command`];
  return optionsIn(words)
    .filter((option) => ![...(command.options ?? []), ...globalOptions].some((one) => takes(one, option)))
    .map((option) => `${line}: no option ${option}`);
}

export const isKnownOption = (span: string): boolean => {
  const all = [...commands.flatMap(({ options = [] }) => options), ...globalOptions];
  // Options of other programs that the pages speak of.
  const others = ["--omit=optional", "--help", "--allow-group-access"];
  return (
    others.some((other) => span.startsWith(other)) ||
    optionsIn(span.split(" ")).every((option) => all.some((one) => takes(one, option)))
  );
};

const optionsIn = (words: readonly string[]): readonly string[] =>
  words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.replace(/=.*$/, ""));

const takes = ({ flags }: OptionSpec, option: string): boolean =>
  flags
    .split(/[ ,]+/)
    .filter((flag) => flag.startsWith("-"))
    .some((flag) => flag === option || (flag === "-v" && option === "-vv")) || option === "--help";
