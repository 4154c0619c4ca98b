import { quoteIdentifier, quoteLiteral } from "../../core/sql.ts";

/** A line such as `-- poststack: lock-timeout 10s` at the top of a file: it holds for that file and for no other. */
export interface FileSetting {
  readonly name: "lock_timeout" | "statement_timeout" | "search_path" | "role";
  /** As the server takes it behind SET, quoted where it has to be. */
  readonly value: string;
  /** The role's own name, unquoted. */
  readonly role?: string;
  /** The schemas' own names, unquoted, in order. */
  readonly schemas?: readonly string[];
  /** From 1. */
  readonly line: number;
}

const duration = "takes a duration with its unit, such as 10s, or 0 for no limit";

/** Words that a header may begin with, besides those without a value, and what they take. */
export const settingWords = {
  "lock-timeout": duration,
  "statement-timeout": duration,
  "search-path": 'takes names of schemas: app, public, "Quoted"',
  role: 'takes the name of one role: app_owner, "Quoted"',
} as const;

/** What a header takes that begins rightly and goes on wrongly: `lock-timeout takes a duration …`. */
export function settingTakes(header: string): string | undefined {
  const [word = ""] = header.split(/\s/, 1);
  return Object.hasOwn(settingWords, word) ? `${word} ${settingWords[word as keyof typeof settingWords]}` : undefined;
}

/** @returns undefined for what is no setting, or has a value that the server would not take */
export function fileSetting(header: string, line: number): FileSetting | undefined {
  const [, word, text = ""] = /^(\S+)\s+(.*\S)\s*$/.exec(header) ?? [];
  switch (word as keyof typeof settingWords | undefined) {
    case "lock-timeout":
      return isDuration.test(text) ? { name: "lock_timeout", value: quoteLiteral(text).trim(), line } : undefined;
    case "statement-timeout":
      return isDuration.test(text) ? { name: "statement_timeout", value: quoteLiteral(text).trim(), line } : undefined;
    case "search-path": {
      const parts = text.split(",");
      const schemas = parts.flatMap((one) => nameOf(one.trim()) ?? []);
      if (schemas.length < parts.length) return undefined;
      return { name: "search_path", value: schemas.map(quoteIdentifier).join(", "), schemas, line };
    }
    case "role": {
      const role = nameOf(text);
      return role === undefined ? undefined : { name: "role", value: quoteIdentifier(role), role, line };
    }
    case undefined:
    default:
      return undefined;
  }
}

/** With its unit, without which the server counts milliseconds (manual: 19.1.1); 0 is no limit. */
const isDuration = /^(?:0|\d{1,9}(?:\.\d{1,6})?\s*(?:us|ms|s|min|h|d))$/;

/** A name as SQL reads it: in quotes as it stands, else in lower case. */
function nameOf(text: string): string | undefined {
  const [, quoted] = /^"((?:[^"]|"")+)"$/.exec(text) ?? [];
  if (quoted !== undefined) return quoted.replaceAll('""', '"');
  return /^[\p{L}_][\p{L}\p{N}_$]*$/u.test(text) ? text.toLowerCase() : undefined;
}

/** The statements that make it so: until the transaction ends, or for what follows on the session. */
export const setStatements = (settings: readonly FileSetting[], isLocal: boolean): readonly string[] =>
  settings.map(({ name, value }) => `set ${isLocal ? "local " : ""}${name === "role" ? "role" : `${name} =`} ${value}`);
