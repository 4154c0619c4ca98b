import { explainPath, leavesOf } from "../../../config/explain/explain.ts";
import type { Subject } from "../../../config/explain/model.ts";
import { shapeAt, valueAt } from "../../../config/explain/keys.ts";
import { findPath } from "../../../config/explain/path.ts";
import { explain } from "../../../config/provenance.ts";
import type { EnvironmentSource, Path } from "../../../config/source.ts";
import { undefinedVariable } from "../../../config/undefined-variable.ts";
import { variablesOf } from "../../../config/variables.ts";
import { errorsOf, PoststackError } from "../../../core/errors.ts";
import type { Desired } from "../../../resources/index.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { renderKey, renderVariable } from "../../explain/render.ts";
import { discretionOf, environmentSubject, projectSubject, readTree } from "../../explain/subject.ts";
import { targetOf } from "../../explain/target.ts";
import { openEnvironment, openProject, type OpenedProject } from "../../open.ts";
import type { Invocation } from "../../spec.ts";
import { variableSources } from "../../variables.ts";
import type { World } from "../../world.ts";

/**
 * Where a variable or a key of the configuration has its value from. What the shell and env files say is shown only when
 * asked for, and a password of the environment never, whatever variable it stands in.
 */
export async function configExplainCommand(
  { args: [name = "", env], options }: Invocation,
  world: World,
): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openProject(context);
  const tree = readTree(opened);
  const target = targetOf(name, chosenOf(env, options.text("env")), opened.project, tree);
  if (target.type === "project") {
    const subject = projectSubject(opened, tree);
    await answerKey(findPath(target.path, subject), subject, {}, context);
    return exitCode.done;
  }
  const { environment, path, isKey } = target;
  const question: Question = { name: path, environment, opened, showsValues: options.flag("showValue"), context };
  if (!isKey && (await answerVariable(question))) return exitCode.done;
  await answerEnvironmentKey(question);
  return exitCode.done;
}

function chosenOf(argument: string | undefined, option: string | undefined): string | undefined {
  if (argument === undefined || option === undefined || argument === option) return argument ?? option;
  throw new PoststackError("USAGE", {
    what: `two environments are named: ${argument} and ${option}`,
    next: "name one of them",
  });
}

interface Question {
  readonly name: string;
  readonly environment: EnvironmentSource;
  readonly opened: OpenedProject;
  readonly showsValues: boolean;
  readonly context: Context;
}

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** False when there is no such variable, and there may be such a key. */
async function answerVariable({ name, environment, opened, showsValues, context }: Question): Promise<boolean> {
  if (!variableName.test(name)) return false;
  const written = variablesOf(variableSources(environment, opened, undefined, context));
  // The keys of an environment are lower-case, and what Poststack injects is not.
  if (name === name.toLowerCase() && written.candidates(name).length === 0) return false;
  const desired = await desiredOf(environment.name, context);
  const sources = variableSources(environment, opened, desired?.endpoint, context);
  const { hides } = discretionOf(environment, sources, showsValues);
  const explanation = explain(variablesOf(sources), name, hides);
  if (explanation === undefined) throw undefinedVariable(name, environment.placeOf(["variables"]));
  if (context.json) printJson(context, { version: 1, environment: environment.name, ...explanation });
  else context.print(renderVariable(explanation, context.paint));
  return true;
}

async function answerEnvironmentKey({ name, environment, opened, showsValues, context }: Question): Promise<void> {
  const tree = readTree(opened);
  const subjectWith = (desired: Desired | undefined): Subject => {
    const sources = variableSources(environment, opened, desired?.endpoint, context);
    return environmentSubject(opened, environment, tree, { sources, showsValues, desired });
  };
  const subject = subjectWith(undefined);
  const path = findPath(name, subject);
  const desired = needsDesired(path, subject) ? await desiredOf(environment.name, context) : undefined;
  await answerKey(
    path,
    desired === undefined ? subject : subjectWith(desired),
    { environment: environment.name },
    context,
  );
}

/** Some texts are worked in only when the way to the database is known; that reads all that the environment leads to. */
const needsDesired = (path: Path, { value }: Subject): boolean =>
  leavesOf(valueAt(value, path), path).some((leaf) => {
    const text = valueAt(value, leaf);
    return shapeAt(leaf).leaf === "raw" && typeof text === "string" && text.includes("$");
  });

async function answerKey(
  path: Path,
  subject: Subject,
  about: { readonly environment?: string },
  context: Context,
): Promise<void> {
  const explanation = explainPath(path, subject);
  if (context.json) printJson(context, { version: 1, ...about, ...explanation });
  else context.print(await renderKey(explanation, context.paint));
}

/** Explaining is for finding mistakes, so a configuration that has some is explained as far as it goes. */
async function desiredOf(name: string, context: Context): Promise<Desired | undefined> {
  try {
    return await openEnvironment(context, name).load();
  } catch (thrown) {
    const [error] = errorsOf(thrown);
    context.note(`Without DB_HOST and its like, since the environment cannot be loaded: ${error?.message ?? ""}`);
    return undefined;
  }
}
