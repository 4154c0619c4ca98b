import { PoststackError } from "./errors.ts";

/**
 * One line of a Postgres configuration file (manual: 20.1.2, Parameter Interaction via the Configuration File).
 * @throws PoststackError `PARAMETER_INVALID`: a name or value that no such file can hold
 */
export function settingLine(name: string, value: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*$/.test(name) || value.includes("\0")) {
    throw new PoststackError("PARAMETER_INVALID", {
      what: `${JSON.stringify(name)} cannot be written to a Postgres configuration file`,
      next: "correct it under `parameters:`",
    });
  }
  return `${name} = ${quote(value)}`;
}

/** A string as guc-file.l reads it: quotes doubled, a backslash and three octal digits for what does not print. */
const quote = (value: string): string =>
  `'${value
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "''")
    .replaceAll(/\p{Cc}/gu, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`)}'`;
