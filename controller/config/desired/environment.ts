import type { Text } from "../../core/secret.ts";
import { PoststackError } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";
import { variablesOf, type Resolved, type Variables, type VariableSources, type Written } from "../variables.ts";

/** The variables of one process or job: those of the environment, its own `environment:`, and what only it is told. */
export interface Scope {
  readonly variables: Variables;
  /** All that it is given, sorted by name. */
  readonly environment: ReadonlyMap<string, Text>;
  /** What of that makes it what it is: without the basics of the shell, which differ between terminals. */
  readonly own: ReadonlyMap<string, Resolved & { readonly isInjected: boolean }>;
}

/** What programs expect of any shell: where to find others, who they run for, language, time zone. */
export const isBasic = (name: string): boolean =>
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|TZ|TMPDIR|LC_[A-Z]+)$/.test(name);

/**
 * Basics of the shell, names in env files, `variables:`, `environment:`, injected ones; each with the value of its
 * strongest layer. Nothing else of the shell gets in, so what runs does not depend on who starts it.
 *
 * @throws PoststackError `VARIABLE_*`
 */
export function scopeOf(
  sources: VariableSources,
  ownTexts: ReadonlyMap<string, Written>,
  injected: ReadonlyMap<string, Text> = new Map(),
): Scope {
  const all: VariableSources = {
    ...sources,
    own: ownTexts,
    injected: new Map([...sources.injected, ...injected]),
  };
  const variables = variablesOf(all);
  const names = new Set([
    ...all.envFiles.flatMap(({ entries }) => [...entries.keys()]),
    ...all.written.keys(),
    ...ownTexts.keys(),
    ...all.injected.keys(),
  ]);
  const own: [string, Resolved & { readonly isInjected: boolean }][] = [];
  for (const name of [...names].sort()) {
    const found = variables.get(name);
    if (found !== undefined) own.push([name, { ...found, isInjected: found.layer === "injected" }]);
  }
  const basics = [...all.shell].filter(([name]) => isBasic(name));
  const given = new Map<string, Text>([...basics, ...own.map(([name, { value }]) => [name, value] as const)]);
  const sorted = [...given].sort(([a], [b]) => (a < b ? -1 : 1));
  return { variables, environment: new Map(sorted), own: new Map(own) };
}

/** A map of the configuration file with its places. */
export const writtenOf = (
  map: { readonly [name: string]: string | number | boolean } | undefined,
  placeOf: (name: string) => Place,
): ReadonlyMap<string, Written> =>
  new Map(Object.entries(map ?? {}).map(([name, value]) => [name, { text: String(value), place: placeOf(name) }]));

/**
 * A text that others on this machine can read, such as an argument: `ps` shows it.
 * @throws PoststackError `SECRET_EXPOSED`, `VARIABLE_*`
 */
export function plainText(variables: Variables, written: Written): Resolved & { readonly value: string } {
  const { value, isPublic } = variables.interpolate(written);
  if (typeof value === "string") return { value, isPublic };
  throw new PoststackError("SECRET_EXPOSED", {
    what: "this text holds a secret, and everybody on the machine could read it there",
    where: written.place,
    next: "let the program read the variable from its environment; in a shell's text write $$NAME",
  });
}
