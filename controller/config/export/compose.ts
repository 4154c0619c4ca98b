import type { Files } from "../../core/ports/files.ts";
import { joinTexts, mapText, Secret, type Text } from "../../core/secret.ts";
import type { DesiredInstance } from "../../resources/instance/model.ts";
import type { ComposeProject } from "../compose/model.ts";
import { composeDocument } from "../compose/print.ts";
import type { ComposeWarning } from "../compose/report.ts";
import { loadDeployment } from "../desired/compose/load.ts";
import { placeholders } from "../desired/compose/placeholders.ts";
import { composeVariables } from "../desired/compose/variables.ts";
import { gatherProblems } from "../problems.ts";
import type { EnvironmentSource, ProjectSource } from "../source.ts";
import type { VariableSources } from "../variables.ts";
import { withReferences } from "./private-values.ts";
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
  /** Those of them that are no variables of the environment. */
  readonly added: ReadonlyMap<string, Text>;
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
  const known = new Map([...variables, ...(instance === undefined ? [] : passwords(instance))]);
  const referring = loaded === undefined ? undefined : withReferences(loaded, known);
  const values = new Map([...known, ...(referring?.added ?? [])]);
  const own =
    referring === undefined
      ? { name: `${project.name}-${environment.name}`, services: {} }
      : (composeDocument(withoutProfiles(referring.project)) as object);
  return {
    document: instance === undefined ? own : withServer(own, instance, { showSecrets }),
    values,
    added: referring?.added ?? new Map(),
    warnings: loaded?.warnings ?? [],
  };
}

/** The services that run, whoever starts the file: those of other profiles are not in it. */
const withoutProfiles = (project: ComposeProject): ComposeProject => ({
  ...project,
  services: new Map([...project.services].map(([name, { profiles: _profiles, ...service }]) => [name, service])),
});

const passwords = ({ endpoint }: DesiredInstance): readonly (readonly [string, Text])[] => [
  [superuserPassword, endpoint.admin.password],
  [ownerPassword, endpoint.owner.password],
];

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
