import { contextOf, printJson } from "../../context.ts";
import { environmentChecks } from "../../doctor/environment.ts";
import { forgottenChecks } from "../../doctor/forgotten.ts";
import { machineChecks } from "../../doctor/machine.ts";
import { projectChecks } from "../../doctor/project.ts";
import type { Check } from "../../doctor/check.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";
import type { Context } from "../../context.ts";

/** Looks for what could go wrong, changes nothing, and says the way out of each. */
export async function doctorCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const project = projectChecks(name, context);
  const inEnvironments: Check[] = [];
  for (const environment of project.environments)
    inEnvironments.push(...(await environmentChecks(environment, context)));
  const forgotten = name === undefined ? await forgottenChecks(project.opened, context) : [];
  const checks = [...machineChecks(world), ...project.checks, ...inEnvironments, ...forgotten];

  const isWell = checks.every(({ result }) => result !== "failed");
  if (context.json) printJson(context, { version: 1, well: isWell, checks });
  else show(checks, context);
  return isWell ? exitCode.done : exitCode.error;
}

const marks = { ok: ["add", "✔"], warning: ["change", "!"], failed: ["remove", "✘"] } as const;

function show(checks: readonly Check[], { paint, print }: Context): void {
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, result, text, next } of checks) {
    const [style, mark] = marks[result];
    print(`${paint(style, mark)} ${name.padEnd(width)}  ${text}`);
    if (next !== undefined) print(paint("dim", `  ${" ".repeat(width)}  next: ${next}`));
  }
}
