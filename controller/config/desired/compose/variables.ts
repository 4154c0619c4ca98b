import type { Text } from "../../../core/secret.ts";
import type { Problems } from "../../problems.ts";
import { variablesOf, type VariableSources } from "../../variables.ts";

/** What Compose files may name in `${…}`. */
export interface ComposeVariables {
  /** Every variable by its strongest layer. */
  readonly values: ReadonlyMap<string, Text>;
  /** Names of those whose values stand in the configuration file for everybody to read. */
  readonly publicNames: ReadonlySet<string>;
}

/** One that does not resolve is a problem. */
export function composeVariables(sources: VariableSources, problems: Problems): ComposeVariables {
  const all = variablesOf(sources);
  const found = [...namesOf(sources)].flatMap((name) => problems.attempt(() => all.get(name)) ?? []);
  return {
    values: new Map(found.map(({ name, value }) => [name, value])),
    // The name of the project is Compose's own variable.
    publicNames: new Set([...found.filter(({ isPublic }) => isPublic).map(({ name }) => name), "COMPOSE_PROJECT_NAME"]),
  };
}

const namesOf = ({ injected, own = new Map(), written, shell, envFiles }: VariableSources): ReadonlySet<string> =>
  new Set([
    ...injected.keys(),
    ...own.keys(),
    ...written.keys(),
    ...shell.keys(),
    ...envFiles.flatMap(({ entries }) => [...entries.keys()]),
  ]);
