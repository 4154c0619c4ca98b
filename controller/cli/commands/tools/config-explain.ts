import { chooseEnvironment } from "../../../config/choose.ts";
import { explain, type Source } from "../../../config/provenance.ts";
import { undefinedVariable } from "../../../config/undefined-variable.ts";
import { variablesOf } from "../../../config/variables.ts";
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

/** Where a variable's value comes from, and which weaker sources it hides. */
export async function configExplainCommand(
  { args: [name = "", env], options }: Invocation,
  world: World,
): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openProject(context);
  const environment = chooseEnvironment(opened.project, env);
  const endpoint = await endpointOf(environment.name, context);
  const sources = variableSources(environment, opened, endpoint, context);
  const explanation = explain(variablesOf(sources), name, givenSecrets(environment, sources));
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
