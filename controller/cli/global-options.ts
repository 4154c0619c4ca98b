import type { OptionSpec } from "./spec.ts";

/** Options that every command takes, before or after its name. */
export const globalOptions: readonly OptionSpec[] = [
  { flags: "--file <path>", description: "the configuration file (default: .poststack.yml here or above)" },
  { flags: "--project-dir <path>", description: "look for the configuration there instead of here" },
  { flags: "--env-file <path>", description: "one more file of variables, weaker than the shell", many: true },
  { flags: "--json", description: "answers and events as JSON (schemas in schema/)" },
  { flags: "-v, --verbose", description: "more detail; -vv also what is asked of the server", counts: true },
  { flags: "--log-level <level>", description: "log to standard error", values: ["silent", "warn", "info", "debug"] },
  { flags: "--log-format <format>", description: "form of the log", values: ["text", "json"] },
  { flags: "--no-color", description: "no colours (also NO_COLOR)" },
  { flags: "-y, --yes", description: "approve the plan without asking" },
  { flags: "--non-interactive", description: "never ask: what needs an answer is refused" },
];
