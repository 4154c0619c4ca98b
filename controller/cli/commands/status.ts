import { errorsOf, type ErrorFacts } from "../../core/errors.ts";
import { contextOf, printJson, type Context } from "../context.ts";
import { exitCode, exitCodeOf, type ExitCode } from "../exit.ts";
import { look } from "../look.ts";
import { openEnvironment, openProject } from "../open.ts";
import { renderOverview, renderStatus } from "../render/status.ts";
import { paintedError } from "../report.ts";
import type { Invocation } from "../spec.ts";
import { statusOf, type EnvironmentStatus } from "../status.ts";
import type { World } from "../world.ts";

/** What runs, and what differs from the files. Something that is down is an answer, not a failure. */
export async function statusCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const names = name === undefined ? environmentNames(context) : [name];
  if (names.length === 1) {
    const status = await statusIn(names[0], context);
    await show([status], context);
    return exitCode.done;
  }
  const found = await Promise.all(names.map((one) => statusIn(one, context).catch(failure)));
  await show(
    found.flatMap((one) => ("failed" in one ? [] : [one])),
    context,
  );
  const errors = found.flatMap((one) => ("failed" in one ? one.failed : []));
  for (const error of errors) context.note(paintedError(error, context.paintError));
  return exitCodeOf(errors);
}

interface Failure {
  /** An environment that cannot be read must not hide the others. */
  readonly failed: readonly ErrorFacts[];
}

const failure = (thrown: unknown): Failure => ({ failed: errorsOf(thrown).map(({ facts }) => facts) });

const environmentNames = (context: Context): readonly string[] =>
  [...openProject(context).project.environments.values()].filter(({ template }) => !template).map(({ name }) => name);

const statusIn = async (name: string | undefined, context: Context): Promise<EnvironmentStatus> => {
  const { signal } = context.world;
  return look(openEnvironment(context, name), signal, (seen) => statusOf(seen, signal));
};

async function show(all: readonly EnvironmentStatus[], context: Context): Promise<void> {
  if (context.json) return printJson(context, { version: 1, environments: all });
  const { paint, print } = context;
  const [only, ...others] = all;
  if (only === undefined) return;
  const how = { paint, now: new Date() };
  print(others.length === 0 ? await renderStatus(only, how) : await renderOverview(all, how));
}
