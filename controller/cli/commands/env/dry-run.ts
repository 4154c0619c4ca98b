import type { EnvironmentSource, Path } from "../../../config/source.ts";
import { isBasic, writtenOf } from "../../../config/desired/environment.ts";
import { chooseEnvironment } from "../../../config/choose.ts";
import { variablesOf, type Variable, type VariableSources, type Written } from "../../../config/variables.ts";
import { renderPlace, type Place } from "../../../core/place.ts";
import { Secret, type Text } from "../../../core/secret.ts";
import type { DesiredContainer } from "../../../resources/container/model.ts";
import type { Desired } from "../../../resources/index.ts";
import { neededBy } from "../../../resources/job/helpers.ts";
import type { ContainerJob, DesiredHelper, HostJob, JobContainer } from "../../../resources/job/model.ts";
import type { DesiredProcess } from "../../../resources/process/model.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { renderTable } from "../../render/table.ts";
import type { Invocation } from "../../spec.ts";
import { variableSources } from "../../variables.ts";
import { originsIn, type Ingredient, type OriginOf, type Origins } from "./origins.ts";
import type { World } from "../../world.ts";

interface ShownVariable {
  readonly name: string;
  readonly value: string;
  /** Which layer it comes from: injected, variables, shell, env file; or the Compose file, which says exactly what there is. */
  readonly layer: string;
  readonly place?: Place;
  /** The variables that a value of a Compose file is made of. */
  readonly from?: readonly Ingredient[];
}

interface Consumer {
  readonly id: string;
  /** Of what runs on this host. */
  readonly command?: readonly string[];
  /** Of what runs on the container engine. */
  readonly image?: string;
  readonly variables: readonly ShownVariable[];
}

/** What each job, process and container would be given, and where each value comes from. Starts nothing. */
export async function dryRunCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const desired = await opened.load();
  const environment = chooseEnvironment(opened.project, opened.environment);
  const sources = variableSources(environment, opened, desired.endpoint, context);
  const consumers = consumersOf(desired, environment, sources, originsIn(opened, environment, sources));
  if (context.json) printJson(context, { version: 1, environment: opened.environment, consumers });
  else await show(consumers, context);
  return exitCode.done;
}

function consumersOf(
  { resources }: Desired,
  environment: EnvironmentSource,
  sources: VariableSources,
  origins: Origins,
): readonly Consumer[] {
  const consumer = (
    { id, command, environment: given }: HostJob | DesiredProcess,
    own: ReadonlyMap<string, Written>,
    isCommandPublic: boolean,
  ): Consumer => {
    // A process's port is told only to it.
    const port = given.get("PORT");
    const injected =
      id.startsWith("process:") && port !== undefined ? new Map([["PORT", port]]) : new Map<string, Text>();
    const variables = variablesOf({ ...sources, own, injected: new Map([...sources.injected, ...injected]) });
    const shown = [...given].map(([name, value]): ShownVariable => {
      const found = variables.get(name);
      const place = found?.place;
      const layer = found?.layer ?? "shell";
      return { name, value: visible(name, value, found), layer, ...(place === undefined ? {} : { place }) };
    });
    return { id, command: isCommandPublic ? command : [String(new Secret(""))], variables: shown };
  };
  const ofStep = (one: ContainerJob | DesiredHelper): Consumer =>
    inContainer(one, one.container, origins.ofJob(one.id));
  const inContainers = resources.job.flatMap((job) => (job.container === undefined ? [] : [job]));
  return [
    ...neededBy(inContainers).map(ofStep),
    ...resources.job.map((job) => {
      if (job.container !== undefined) return ofStep(job);
      // Its key has the command in plain only where all of it stands in the configuration file.
      const isPublic = job.keyParts.get("command") === JSON.stringify(job.command);
      return consumer(job, ownOfJob(job.place, environment), isPublic);
    }),
    // A line of the Procfile is as it stands there: the shell expands it.
    ...resources.process.map((process) => consumer(process, ownOfProcess(process.name, environment), true)),
    // All replicas of a service are given the same.
    ...resources.container.filter(({ number }) => number === 1).map((one) => inContainer(one, one, origins.ofService)),
  ];
}

/** A container is given what its Compose file says and nothing else. What may not be shown is a secret in its spec. */
const inContainer = (
  { id, place }: Pick<ContainerJob | DesiredHelper | DesiredContainer, "id" | "place">,
  { service, spec: { image, environment } }: Pick<JobContainer | DesiredContainer, "service" | "spec">,
  originOf: OriginOf,
): Consumer => ({
  id,
  image,
  variables: [...environment].flatMap(([name, value]) => {
    if (value === undefined) return [];
    const { from = [], place: at = place } = originOf(service, name) ?? {};
    const shown = { name, value: String(value), layer: "Compose file", place: at };
    return [from.length === 0 ? shown : { ...shown, from }];
  }),
});

/** The configuration file says in the open what it says. What comes from elsewhere may be anything, an API key too. */
const visible = (name: string, value: Text, found: Variable | undefined): string =>
  String(found?.isPublic === true || isBasic(name) ? value : new Secret(""));

function ownOfProcess(name: string, environment: EnvironmentSource): ReadonlyMap<string, Written> {
  const processes = new Map(Object.entries(environment.config.deployment?.processes ?? {}));
  const line = processes.has(name) ? name : name.replace(/\.\d+$/, "");
  return ownAt(["deployment", "processes", line], processes.get(line)?.environment, environment);
}

/** A job's place is that of its item in the list, or of its name in the item. */
function ownOfJob(place: Place, environment: EnvironmentSource): ReadonlyMap<string, Written> {
  for (const [index, { run, environment: common }] of (environment.config.init ?? []).entries()) {
    const path: Path = ["init", index];
    if (isAt(environment, path, place)) return ownAt(path, common, environment);
    if (run === undefined || Array.isArray(run)) continue;
    for (const [key, { environment: own }] of Object.entries(run)) {
      const inner = [...path, "run", key];
      if (isAt(environment, inner, place)) {
        return new Map([...ownAt(path, common, environment), ...ownAt(inner, own, environment)]);
      }
    }
  }
  return new Map();
}

const isAt = (environment: EnvironmentSource, path: Path, place: Place): boolean =>
  renderPlace(environment.placeOf(path)) === renderPlace(place);

const ownAt = (
  path: Path,
  map: Readonly<Record<string, string | number | boolean>> | undefined,
  environment: EnvironmentSource,
): ReadonlyMap<string, Written> => writtenOf(map, (name) => environment.placeOf([...path, "environment", name]));

async function show(consumers: readonly Consumer[], { print, note, paint }: Context): Promise<void> {
  if (consumers.length === 0) note("There is no job, no process and no container.");
  for (const { id, command, image, variables } of consumers) {
    print(`${paint("strong", id)}  ${paint("dim", command?.join(" ") ?? `image ${image ?? ""}`)}`);
    const at = (layer: string, place: Place | undefined): string =>
      place === undefined ? layer : `${layer} ${renderPlace(place)}`;
    const rows = variables.map(({ name, value, layer, place, from = [] }) => [
      `  ${name}`,
      value,
      paint("dim", [at(layer, place), ...from.map((one) => `${one.name} from ${at(one.layer, one.place)}`)].join(", ")),
    ]);
    print(rows.length === 0 ? paint("dim", "  no variables") : await renderTable([], rows, paint));
    print("");
  }
}
