import { composeVariables } from "../../../config/desired/compose/variables.ts";
import {
  loadDeployment,
  loadFiles,
  type DeploymentOptions,
  type LoadedDeployment,
} from "../../../config/desired/compose/load.ts";
import { placeholders } from "../../../config/desired/compose/placeholders.ts";
import { stepFiles, stepJobId, stepName } from "../../../config/desired/step-files.ts";
import { gatherProblems } from "../../../config/problems.ts";
import type { EnvironmentSource } from "../../../config/source.ts";
import { variablesOf, type Layer, type VariableSources } from "../../../config/variables.ts";
import type { ResourceId } from "../../../core/id.ts";
import type { Place } from "../../../core/place.ts";
import type { Files } from "../../../core/ports/files.ts";
import type { OpenedProject } from "../../open.ts";

/** A variable that a value of a Compose file is made of. */
export interface Ingredient {
  readonly name: string;
  readonly layer: Layer;
  readonly place?: Place;
}

interface Origin {
  /** Of the value: in a Compose file or in one of its env files. */
  readonly place: Place;
  readonly from: readonly Ingredient[];
}

/** By the service's name in its file and the variable's. Undefined: nothing is known of it. */
export type OriginOf = (service: string, name: string) => Origin | undefined;

export interface Origins {
  readonly ofService: OriginOf;
  /** Of jobs in containers, and what runs beside them: services of the files of `init:`. */
  readonly ofJob: (id: ResourceId) => OriginOf;
}

/** Where variables of Compose files come from. Of files that cannot be read nothing is told: who loads them has said why. */
export function originsIn(
  { project, files }: OpenedProject,
  environment: EnvironmentSource,
  sources: VariableSources,
): Origins {
  const steps = (environment.config.init ?? []).flatMap((config, index) => {
    if (config.compose === undefined) return [];
    const { named, own } = stepFiles(index, config, project.name, environment);
    return { step: stepName(config), originOf: originOf(files, { ...sources, own }, (all) => loadFiles(named, all)) };
  });
  return {
    ofService: originOf(files, sources, (all) => loadDeployment(project.name, environment, all)),
    ofJob: (id) => (service, name) =>
      steps.find(({ step }) => stepJobId(step, service) === id)?.originOf(service, name),
  };
}

function originOf(
  files: Files,
  sources: VariableSources,
  load: (options: DeploymentOptions) => LoadedDeployment | undefined,
): OriginOf {
  const problems = gatherProblems();
  const { values, publicNames } = composeVariables(sources, problems);
  const { variables } = placeholders(values);
  const loaded = problems.attempt(() => load({ files, variables, publicNames, requiresVariables: false }));
  const all = variablesOf(sources);
  return (service, name) => {
    if (loaded === undefined) return undefined;
    const path = ["services", service, "environment", name];
    const from = [...loaded.sourcesAt(path)].sort().flatMap((source): Ingredient[] => {
      const found = values.has(source) ? all.get(source) : undefined;
      if (found === undefined) return [];
      const { layer, place } = found;
      return [{ name: source, layer, ...(place === undefined ? {} : { place }) }];
    });
    return { place: loaded.placeOf(path), from };
  };
}
