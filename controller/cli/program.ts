import { Command, CommanderError, Option } from "commander";
import { commands, groups } from "./commands.ts";
import { PoststackError } from "../core/errors.ts";
import { exitCode, exitCodeOf, type ExitCode } from "./exit.ts";
import { globalOptions } from "./global-options.ts";
import { Options, type CommandSpec, type OptionSpec } from "./spec.ts";
import { reportErrors } from "./report.ts";
import type { World } from "./world.ts";

/** Parses the arguments, runs the one command that they name, and gives the process's exit code. */
export async function runProgram(args: readonly string[], world: World): Promise<ExitCode> {
  // What completion scripts ask: no command of a person's, and not one that may fail.
  if (args[0] === "complete" && args[1] === "--") {
    const { completeWords } = await import("./completion.ts");
    await completeWords(args.slice(2), world);
    return exitCode.done;
  }
  let code: ExitCode = exitCode.done;
  const program = buildProgram(meantBy(args), world, async (spec, typed, options) => {
    const handler = await spec.load();
    code = await handler({ args: typed, options }, world);
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCode.done; // Help and version.
      // A group without its command: the help that was shown is the answer.
      if (error.code === "commander.help" && !args.includes("--json")) return exitCode.error;
      return exitCodeOf(reportErrors(usageError(error), world, args));
    }
    return exitCodeOf(reportErrors(error, world, args));
  }
}

/** The parser's words in our form: `error: unknown command 'aply'\n(Did you mean apply?)`. */
function usageError({ code, message }: CommanderError): PoststackError {
  const [said = "", suggestion = ""] = message.replace(/^error: /, "").split("\n");
  const meant = /^\(Did you mean (.+)\?\)$/.exec(suggestion)?.[1];
  return new PoststackError("USAGE", {
    what:
      code === "commander.help"
        ? "no command is named"
        : `${said.replace(/\.$/, "")}${meant === undefined ? "" : `; did you mean ${meant}?`}`,
    next: "--help shows what there is",
  });
}

type Run = (spec: CommandSpec, args: readonly (string | undefined)[], options: Options) => Promise<void>;

/**
 * What begins with a command, or with the word of a group, is parsed without the others. All of them are there where help
 * or a mistake may be about any: after no word, after an option, after a word that is none of theirs.
 */
function meantBy([first]: readonly string[]): readonly CommandSpec[] {
  const meant = commands.filter(({ name }) => name === first || name.startsWith(`${first} `));
  return meant.length === 0 ? commands : meant;
}

/** The command tree from the table. */
function buildProgram(
  specs: readonly CommandSpec[],
  world: Pick<World, "version" | "stdout" | "stderr">,
  run: Run,
): Command {
  const program = configured(new Command("poststack"), world)
    .description("Postgres plus your apps, on machines you own, from one file.")
    .version(world.version, "-V, --version", "print the version")
    .usage("<command> [options]")
    .addHelpText(
      "after",
      "\nStart with `poststack init`, then `poststack apply`. Every command has --help with examples.",
    );
  for (const option of globalOptions) program.addOption(toOption(option));

  const parents = new Map<string, Command>();
  for (const [name, summary] of groups) {
    const parent = configured(new Command(name), world).description(summary).usage("<command> [options]");
    parents.set(name, parent);
  }
  parents.get("db")?.alias("database");

  for (const spec of specs) {
    const [first = "", second] = spec.name.split(" ");
    const parent = second === undefined ? program : parents.get(first);
    if (parent === undefined) throw new TypeError(`no group for ${spec.name}`);
    if (second !== undefined && parent.parent === null) program.addCommand(parent);
    parent.addCommand(toCommand(spec, second ?? first, world, run));
  }
  return program;
}

function toCommand(spec: CommandSpec, name: string, world: Pick<World, "stdout" | "stderr">, run: Run): Command {
  const command = configured(new Command(name), world)
    .summary(spec.summary)
    .description(spec.description ?? spec.summary);
  for (const { name: argument, description } of spec.arguments ?? []) command.argument(argument, description);
  for (const option of spec.options ?? []) command.addOption(toOption(option));
  for (const alias of spec.aliases ?? []) command.alias(alias);
  const examples = spec.examples.map(([line, what]) => `  $ ${line}\n      ${what}`);
  command.addHelpText("after", `\nExamples:\n${examples.join("\n")}`);
  command.action(async () => {
    const given = command.processedArgs as readonly unknown[];
    await run(
      spec,
      given.flatMap((one) => (Array.isArray(one) ? one.map(String) : [typeof one === "string" ? one : undefined])),
      new Options(command.optsWithGlobals()),
    );
  });
  return command;
}

function configured(command: Command, { stdout, stderr }: Pick<World, "stdout" | "stderr">): Command {
  return command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // It is thrown as well, and told once.
      outputError: () => undefined,
    });
}

function toOption({ flags, description, many = false, counts = false, values }: OptionSpec): Option {
  const option = new Option(flags, description);
  if (values !== undefined) option.choices([...values]);
  if (many) option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  if (counts) option.default(0, "none").argParser((_value: string, before: number) => before + 1);
  return option;
}
