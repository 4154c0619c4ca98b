import type { Files } from "../../core/ports/files.ts";
import { joinTexts, mapText, Secret, type Text } from "../../core/secret.ts";
import type { DesiredInstance } from "../../resources/instance/model.ts";
import type { ComposeProject } from "../compose/model.ts";
import { composeDocument } from "../compose/print.ts";
import type { ComposeWarning } from "../compose/report.ts";
import { loadDeployment, type LoadedDeployment } from "../desired/compose/load.ts";
import { placeholders } from "../desired/compose/placeholders.ts";
import { composeVariables } from "../desired/compose/variables.ts";
import { gatherProblems } from "../problems.ts";
import type { EnvironmentSource, ProjectSource } from "../source.ts";
import type { VariableSources } from "../variables.ts";
import { ownerPassword, superuserPassword, withServer } from "./server.ts";

export interface ExportWishes {
  readonly project: ProjectSource;
  readonly environment: EnvironmentSource;
  readonly files: Files;
  /** As containers get them. */
  readonly sources: VariableSources;
  readonly instance: DesiredInstance | undefined;
  readonly showSecrets: boolean;
}

export interface ExportedCompose {
  /** In which `«NAME»` stands for what is not to be in the text. */
  readonly document: object;
  /** What these are. */
  readonly values: ReadonlyMap<string, Text>;
  readonly warnings: readonly ComposeWarning[];
}

/**
 * An environment as one Compose file that means what Poststack runs: its services with all files merged and variables
 * worked in, and its Postgres, where that is a container.
 *
 * @throws PoststackErrors of all that is wrong with the files
 */
export function exportCompose(wishes: ExportWishes): ExportedCompose {
  const { project, environment, files, sources, instance, showSecrets } = wishes;
  const problems = gatherProblems();
  const { values: variables, publicNames } = composeVariables(sources, problems);
  problems.throwAny();
  const options = { files, publicNames, requiresVariables: true, variables: placeholders(variables).variables };
  const loaded = loadDeployment(project.name, environment, options);
  const values = new Map([...variables, ...(instance === undefined ? [] : passwords(instance))]);
  const own =
    loaded === undefined ? { name: `${project.name}-${environment.name}`, services: {} } : documentOf(loaded, values);
  return {
    document: instance === undefined ? own : withServer(own, instance, { showSecrets }),
    values,
    warnings: loaded?.warnings ?? [],
  };
}

const passwords = ({ endpoint }: DesiredInstance): readonly (readonly [string, Text])[] => [
  [superuserPassword, endpoint.admin.password],
  [ownerPassword, endpoint.owner.password],
];

function documentOf(loaded: LoadedDeployment, values: ReadonlyMap<string, Text>): object {
  return composeDocument(withReferences(loaded, values)) as object;
}

/**
 * What people keep in the shell and in env files is no secret by its name, and may be one all the same: in the environment
 * of a container the name stands for it, as in the file that it came from.
 */
function withReferences(
  { project, isPrivate, sourcesAt }: LoadedDeployment,
  values: ReadonlyMap<string, Text>,
): ComposeProject {
  const services = [...project.services].map(([name, service]) => {
    const { environment } = service;
    if (environment === undefined) return [name, service] as const;
    const shown = [...environment].map(([key, value]) => {
      const path = ["services", name, "environment", key];
      if (typeof value !== "string" || !isPrivate(path)) return [key, value] as const;
      const text = [...sourcesAt(path)].reduce((all, source) => {
        const one = values.get(source);
        return typeof one === "string" && one !== "" ? all.replaceAll(one, `«${source}»`) : all;
      }, value);
      return [key, text] as const;
    });
    return [name, { ...service, environment: new Map(shown) }] as const;
  });
  return { ...project, services: new Map(services) };
}

const form = /«([A-Za-z_]\w*)»/g;

/** Which values the text names and does not hold. */
export const referencesIn = (text: string, values: ReadonlyMap<string, Text>): readonly string[] =>
  [
    ...new Set([...text.matchAll(form)].flatMap(([, name]) => (name !== undefined && values.has(name) ? [name] : []))),
  ].sort();

/** The text with `${NAME}` for each of them, which Compose looks up in the shell or in `.env`. */
export const withNames = (text: string, values: ReadonlyMap<string, Text>): string =>
  text.replaceAll(form, (whole, name: string) => (values.has(name) ? `\${${name}}` : whole));

/** The text, all of whose scalars are in double quotes, with the values themselves. */
export function withValues(text: string, values: ReadonlyMap<string, Text>): Text {
  const parts = text.split(form);
  return joinTexts(
    parts.map((part, index): Text => {
      const value = index % 2 === 0 ? undefined : values.get(part);
      if (index % 2 === 0) return part;
      // JSON's escapes are YAML's in double quotes, and a `$` is Compose's.
      const escaped = (plain: string): string => JSON.stringify(plain).slice(1, -1).replaceAll("$", "$$$$");
      return value === undefined ? `«${part}»` : value instanceof Secret ? mapText(value, escaped) : escaped(value);
    }),
  );
}
