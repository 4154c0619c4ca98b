import type { SecretReference } from "../../schema/generated/config.ts";
import type { EnvironmentSource } from "../config/source.ts";
import type { VariableSources } from "../config/variables.ts";

/**
 * The texts of an environment's secrets that can be met in its variables as well: those that variables hold by
 * `{ env: NAME }`, and passwords that stand in the configuration or were interpolated into it. What comes from a file or
 * a program is in no variable but the injected ones, which are secrets by themselves.
 */
export function givenSecrets(
  { config }: EnvironmentSource,
  { shell, envFiles }: Pick<VariableSources, "shell" | "envFiles">,
): readonly string[] {
  const { url, password, roles = {} } = config.postgres ?? {};
  const written = [url, password, ...[...Object.values(roles), ...(config.users ?? [])].map((one) => one.password)];
  const valuesOf = (name: string): readonly (string | undefined)[] => [
    shell.get(name),
    ...envFiles.map(({ entries }) => entries.get(name)?.value),
  ];
  const textsOf = (one: string | SecretReference | undefined): readonly (string | undefined)[] =>
    typeof one !== "object" ? [one] : one.env === undefined ? [] : valuesOf(one.env);
  const empty: ReadonlySet<string | undefined> = new Set([undefined, "", "auto_generated"]);
  return written.flatMap(textsOf).flatMap((text) => (text === undefined || empty.has(text) ? [] : [text]));
}
