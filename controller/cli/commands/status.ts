import { errorsOf, type ErrorFacts } from "../../core/errors.ts";
import { contextOf, printJson, type Context } from "../context.ts";
import { exitCode, exitCodeOf, type ExitCode } from "../exit.ts";
import { forgottenEnvironments, noteForgotten, type Forgotten } from "../forgotten.ts";
import { look } from "../look.ts";
import { openEnvironment, openProject, type OpenedProject } from "../open.ts";
import { renderOverview, renderStatus } from "../render/status.ts";
import { paintedError } from "../report.ts";
import type { Invocation } from "../spec.ts";
import { statusOf, type EnvironmentStatus } from "../status.ts";
import type { World } from "../world.ts";

/** What runs, and what differs from the files. Something that is down is an answer, not a failure. */
export async function statusCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const project = name === undefined ? openProject(context) : undefined;
  const names = project === undefined ? [name] : environmentNames(project);
  const forgotten = project === undefined ? undefined : await forgottenEnvironments(project, context);
  const tellForgotten = (): void => {
    if (project !== undefined && !context.json) noteForgotten(forgotten ?? [], project.project, context);
  };
  if (names.length === 1) {
    const status = await statusIn(names[0], context);
    await show([status], forgotten, context);
    tellForgotten();
    return exitCode.done;
  }
  const found = await Promise.all(names.map((one) => statusIn(one, context).catch(failure)));
  await show(
    found.flatMap((one) => ("failed" in one ? [] : [one])),
    forgotten,
    context,
  );
  tellForgotten();
  const errors = found.flatMap((one) => ("failed" in one ? one.failed : []));
  for (const error of errors) context.note(paintedError(error, context.paintError));
  return exitCodeOf(errors);
}

interface Failure {
  /** An environment that cannot be read must not hide the others. */
  readonly failed: readonly ErrorFacts[];
}

const failure = (thrown: unknown): Failure => ({ failed: errorsOf(thrown).map(({ facts }) => facts) });

const environmentNames = ({ project }: OpenedProject): readonly string[] =>
  [...project.environments.values()].filter(({ template }) => !template).map(({ name }) => name);

const statusIn = async (name: string | undefined, context: Context): Promise<EnvironmentStatus> => {
  const { signal } = context.world;
  return look(openEnvironment(context, name), signal, (seen) => statusOf(seen, signal));
};

/** @param forgotten undefined: one environment was asked for */
async function show(
  all: readonly EnvironmentStatus[],
  forgotten: readonly Forgotten[] | undefined,
  context: Context,
): Promise<void> {
  if (context.json) {
    return printJson(context, { version: 1, environments: all, ...(forgotten === undefined ? {} : { forgotten }) });
  }
  const { paint, print } = context;
  const [only, ...others] = all;
  if (only === undefined) return;
  const how = { paint, now: new Date() };
  print(others.length === 0 ? await renderStatus(only, how) : await renderOverview(all, how));
}
