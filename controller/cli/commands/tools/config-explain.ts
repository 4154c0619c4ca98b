import { chooseEnvironment } from "../../../config/choose.ts";
import { isBasic } from "../../../config/desired/environment.ts";
import { explain, type Source } from "../../../config/provenance.ts";
import { undefinedVariable } from "../../../config/undefined-variable.ts";
import { variablesOf, type Variable } from "../../../config/variables.ts";
import { errorsOf } from "../../../core/errors.ts";
import { renderPlace } from "../../../core/place.ts";
import type { Endpoint } from "../../../core/ports/postgres.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { givenSecrets } from "../../given-secrets.ts";
import { openEnvironment, openProject } from "../../open.ts";
import type { Invocation } from "../../spec.ts";
import { variableSources } from "../../variables.ts";
import type { World } from "../../world.ts";

/**
 * Where a variable's value comes from, and which weaker sources it hides. What the shell and env files say is shown only
 * when asked for, and a password of the environment never, whatever variable it stands in.
 */
export async function configExplainCommand(
  { args: [name = "", env], options }: Invocation,
  world: World,
): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openProject(context);
  const environment = chooseEnvironment(opened.project, env);
  const endpoint = await endpointOf(environment.name, context);
  const sources = variableSources(environment, opened, endpoint, context);
  const secrets = givenSecrets(environment, sources);
  const isShown = options.flag("showValue") || isBasic(name);
  const isHidden = ({ value, isPublic }: Variable): boolean =>
    !(isShown || isPublic) || secrets.some((secret) => String(value).includes(secret));
  const explanation = explain(variablesOf(sources), name, isHidden);
  if (explanation === undefined) throw undefinedVariable(name, environment.placeOf(["variables"]));
  if (context.json) {
    printJson(context, { version: 1, environment: environment.name, ...explanation });
    return exitCode.done;
  }
  const { paint, print } = context;
  print(`${paint("strong", name)} = ${explanation.value}`);
  print(`  from ${sourceText(explanation)}`);
  for (const source of explanation.hides) print(paint("dim", `  hides ${source.value} from ${sourceText(source)}`));
  return exitCode.done;
}

/** Explaining is for finding mistakes, so a configuration that has some is explained as far as it goes. */
async function endpointOf(name: string, context: Context): Promise<Endpoint | undefined> {
  try {
    return (await openEnvironment(context, name).load()).endpoint;
  } catch (thrown) {
    const [error] = errorsOf(thrown);
    context.note(`Without DB_HOST and its like, since the environment cannot be loaded: ${error?.message ?? ""}`);
    return undefined;
  }
}

const layers: Readonly<Record<Source["layer"], string>> = {
  injected: "Poststack itself",
  variables: "`variables:`",
  shell: "the shell",
  "env file": "an env file",
};

const sourceText = ({ layer, place }: Source): string =>
  place === undefined ? layers[layer] : `${layers[layer]} at ${renderPlace(place)}`;
