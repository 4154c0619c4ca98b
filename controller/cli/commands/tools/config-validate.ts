import { byPlace } from "../../../config/environment.ts";
import { errorsOf, type PoststackError } from "../../../core/errors.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment, openProject } from "../../open.ts";
import { renderCountOf } from "../../../core/quantity.ts";
import { paintedError } from "../../report.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/**
 * Every environment, with every file that it names: env files, migrations, Procfile, inputs, secrets. First what is wrong
 * with the configuration file itself; what it leads to can be read only once that is in order.
 */
export async function configValidateCommand({ options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const { names, errors } = await validate(context);
  if (context.json) {
    printJson(context, { version: 1, valid: errors.length === 0, environments: names, errors });
  } else if (errors.length === 0) {
    const list = names.length === 0 ? "" : `: ${names.join(", ")}`;
    context.print(context.paint("add", `Valid: ${renderCountOf(names.length, "environment")}${list}.`));
  } else {
    for (const error of errors) context.print(paintedError(error, context.paint));
    context.print(`\n${context.paint("remove", renderCountOf(errors.length, "error"))}`);
  }
  return errors.length === 0 ? exitCode.done : exitCode.error;
}

interface Verdict {
  readonly names: readonly string[];
  readonly errors: readonly PoststackError["facts"][];
}

async function validate(context: Context): Promise<Verdict> {
  const found: PoststackError[] = [];
  const collect = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (thrown) {
      const errors = errorsOf(thrown);
      if (errors.some(({ code }) => code === "INTERNAL")) throw thrown;
      found.push(...errors);
      return undefined;
    }
  };
  const opened = await collect(() => openProject(context));
  const environments = [...(opened?.project.environments.values() ?? [])].filter(({ template }) => !template);
  for (const { name } of environments) await collect(() => openEnvironment(context, name).load());
  // What two environments inherit from a third, or read from one file, is one mistake.
  const unique = new Map(found.map((error) => [JSON.stringify(error.facts), error]));
  const errors = [...unique.values()].sort(byPlace).map(({ facts }) => facts);
  return { names: environments.map(({ name }) => name), errors };
}
