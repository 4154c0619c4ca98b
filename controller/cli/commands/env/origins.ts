import { composeVariables } from "../../../config/desired/compose/variables.ts";
import { loadDeployment } from "../../../config/desired/compose/load.ts";
import { placeholders } from "../../../config/desired/compose/placeholders.ts";
import { gatherProblems } from "../../../config/problems.ts";
import type { EnvironmentSource } from "../../../config/source.ts";
import { variablesOf, type Layer, type VariableSources } from "../../../config/variables.ts";
import type { Place } from "../../../core/place.ts";
import type { OpenedProject } from "../../open.ts";

/** A variable that a value of a Compose file is made of. */
export interface Ingredient {
  readonly name: string;
  readonly layer: Layer;
  readonly place?: Place;
}

export interface Origin {
  /** Of the value: in a Compose file or in one of its env files. */
  readonly place: Place;
  readonly from: readonly Ingredient[];
}

/** Where the variables of services come from. Of files that cannot be read nothing is told: who loads them has said why. */
export function originsIn(
  { project, files }: OpenedProject,
  environment: EnvironmentSource,
  sources: VariableSources,
): (service: string, name: string) => Origin | undefined {
  const problems = gatherProblems();
  const { values, publicNames } = composeVariables(sources, problems);
  const { variables } = placeholders(values);
  const loaded = problems.attempt(() =>
    loadDeployment(project.name, environment, { files, variables, publicNames, requiresVariables: false }),
  );
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
