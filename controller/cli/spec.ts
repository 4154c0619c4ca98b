import type { ExitCode } from "./exit.ts";
import type { World } from "./world.ts";

/** One command as data: the parser, the help, the completion and the generated page are made from it. */
export interface CommandSpec {
  /** `plan`, `env start`. */
  readonly name: string;
  /** As commander writes them: `[env]`, `<service>`, `[files...]`. */
  readonly arguments?: readonly ArgumentSpec[];
  readonly summary: string;
  /** More than the summary says, as a paragraph. */
  readonly description?: string;
  readonly options?: readonly OptionSpec[];
  /** Command line and what it does. */
  readonly examples: readonly (readonly [string, string])[];
  /** Older or shorter names that work, and are not shown. */
  readonly aliases?: readonly string[];
  /** Loads the handler: a command loads only what it uses. */
  readonly load: () => Promise<Handler>;
}

export interface ArgumentSpec {
  /** `[env]` or `<env>`. */
  readonly name: string;
  readonly description: string;
  /** What completion offers. */
  readonly values?: "environments" | "services" | "migrations" | "keys";
}

export interface OptionSpec {
  /** `--target <id>`, `-f, --follow`, `--no-color`. */
  readonly flags: string;
  readonly description: string;
  /** May be given several times; values collect into a list. */
  readonly many?: boolean;
  /** A flag that may be repeated, `-vv`: its value is how often. */
  readonly counts?: boolean;
  readonly values?: readonly string[];
}

type Handler = (invocation: Invocation, world: World) => Promise<ExitCode>;

/** What was typed after the command's name. */
export interface Invocation {
  readonly args: readonly (string | undefined)[];
  readonly options: Options;
}

/** Options with types: an option that was not given is absent, false or empty. */
export class Options {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** For `--no-x`: commander keeps `x`, true unless the option was given. */
  isOff(name: string): boolean {
    return this.#values[name] === false;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  count(name: string): number {
    const value = this.#values[name];
    return typeof value === "number" ? value : 0;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }
}
