import { joinTexts, mapText, type Text } from "../../core/secret.ts";

export type EnvironmentForm = "dotenv" | "shell";

/** Nothing that any reader of either form takes for more than itself. */
const isPlain = (value: string): boolean => /^[\w@%+=:,./-]*$/.test(value);

/** In single quotes a shell and every reader of env files takes a text as it is; only where it has one itself, they differ. */
const quoted: Readonly<Record<EnvironmentForm, (value: string) => string>> = {
  dotenv: (value) =>
    value.includes("'") || /[\r\n\\]/.test(value)
      ? `"${value
          .replaceAll(/[\\"$]/g, "\\$&")
          .replaceAll("\n", "\\n")
          .replaceAll("\r", "\\r")}"`
      : `'${value}'`,
  shell: (value) => `'${value.replaceAll("'", `'\\''`)}'`,
};

/** Variables as one JSON object. */
export const environmentJson = (variables: ReadonlyMap<string, Text>): Text =>
  joinTexts([
    "{",
    ...[...variables].flatMap(([name, value], index): readonly Text[] => [
      `${index === 0 ? "" : ","}${JSON.stringify(name)}:`,
      mapText(value, (plain) => JSON.stringify(plain)),
    ]),
    "}",
  ]);

/** Variables as lines of an env file, or as commands of a POSIX shell. A text with a secret is one. */
export const environmentText = (variables: ReadonlyMap<string, Text>, form: EnvironmentForm): Text =>
  joinTexts(
    [...variables].flatMap(([name, value], index): readonly Text[] => [
      `${index === 0 ? "" : "\n"}${form === "shell" ? "export " : ""}${name}=`,
      mapText(value, (plain) => (isPlain(plain) ? plain : quoted[form](plain))),
    ]),
  );
