import { PoststackError } from "../core/errors.ts";
import { renderPlace, type Place } from "../core/place.ts";
import { joinTexts, Secret, type Text } from "../core/secret.ts";
import { undefinedVariable } from "./undefined-variable.ts";
import type { EnvFile } from "./env-files.ts";
import { interpolateParts } from "./interpolate.ts";

/** Where a variable can come from, strongest first. */
export type Layer = "injected" | "variables" | "shell" | "env file";

/** A text as the configuration file holds it, before interpolation. */
export interface Written {
  readonly text: string;
  readonly place: Place;
}

export interface VariableSources {
  /** What Poststack itself says: the way to the database. */
  readonly injected: ReadonlyMap<string, Text>;
  /** The `environment:` of one process or job, in front of `variables:`. */
  readonly own?: ReadonlyMap<string, Written>;
  /** The `variables:` of the environment. */
  readonly written: ReadonlyMap<string, Written>;
  readonly shell: ReadonlyMap<string, string>;
  /** Strongest first. */
  readonly envFiles: readonly EnvFile[];
}

export interface Resolved {
  readonly value: Text;
  /**
   * Made of nothing but what the configuration file says in plain text, so that a plan may show it. Values of the shell
   * and of env files are not: that is where people keep their API keys.
   */
  readonly isPublic: boolean;
}

export interface Variable extends Resolved {
  readonly name: string;
  readonly layer: Layer;
  /** Absent for what no file holds. */
  readonly place?: Place;
}

/** All variables of one environment. */
export interface Variables {
  /** The strongest one of that name. */
  readonly get: (name: string) => Variable | undefined;
  /** Every layer's, strongest first. */
  readonly candidates: (name: string) => readonly Variable[];
  /**
   * A text with its `${…}` replaced. One with a secret in it is a secret.
   * @throws PoststackError `VARIABLE_UNDEFINED`, `VARIABLE_SYNTAX`, `VARIABLE_REQUIRED`, `VARIABLE_CYCLE`, `CONFIG_TYPE`
   */
  readonly interpolate: (written: Written) => Resolved;
}

/**
 * `variables:` may refer to each other in any order; `NAME: ${NAME:-x}` refers to what a weaker layer says of NAME.
 * Each is resolved when it is first asked for, so one that nobody uses cannot fail.
 */
export function variablesOf({ injected, own, written, shell, envFiles }: VariableSources): Variables {
  const levels = [...(own === undefined ? [] : [own]), written].map((texts) => ({
    texts,
    resolved: new Map<string, Resolved>(),
  }));
  /** Names whose texts are being resolved, outermost first, with how many levels each has left behind. */
  const open: { readonly name: string; readonly passed: number }[] = [];

  function* candidates(name: string): Generator<Variable> {
    const given = injected.get(name);
    if (given !== undefined) yield { name, layer: "injected", value: given, isPublic: !(given instanceof Secret) };
    const passed = open.findLast((one) => one.name === name)?.passed ?? 0;
    for (const [index, level] of levels.entries()) {
      const text = index < passed ? undefined : level.texts.get(name);
      if (text === undefined) continue;
      const known = level.resolved.get(name) ?? define(name, index + 1, text);
      level.resolved.set(name, known);
      yield { name, layer: "variables", place: text.place, ...known };
    }
    yield* weaker(name);
  }

  function* weaker(name: string): Generator<Variable> {
    const exported = shell.get(name);
    if (exported !== undefined) yield { name, layer: "shell", value: exported, isPublic: false };
    for (const file of envFiles) {
      const entry = file.entries.get(name);
      if (entry !== undefined) yield { name, layer: "env file", isPublic: false, ...entry };
    }
  }

  const define = (name: string, passed: number, text: Written): Resolved => {
    open.push({ name, passed });
    try {
      return interpolate(text);
    } finally {
      open.pop();
    }
  };

  const get = (name: string): Variable | undefined => {
    // To its own text a name means its weaker self; further down it would be made of itself.
    if (open.some((one) => one.name === name) && open.at(-1)?.name !== name && !injected.has(name)) {
      throw cycle([...open.map((one) => one.name), name], (one) => own?.get(one) ?? written.get(one));
    }
    return candidates(name).next().value ?? undefined;
  };

  const interpolate = ({ text, place }: Written): Resolved => {
    if (text.includes("\0")) throw holdsNul(place);
    let isPublic = true;
    const look = (name: string): Text | undefined => {
      const found = get(name);
      if (found !== undefined) isPublic &&= found.isPublic;
      return found?.value;
    };
    const { parts, unset } = interpolateParts<Secret>(text, look, place);
    if (unset[0] !== undefined) throw undefinedVariable(unset[0], place);
    return { value: joinTexts(parts), isPublic };
  };

  return { get, candidates: (name) => [...candidates(name)], interpolate };
}

const holdsNul = (where: Place): PoststackError =>
  new PoststackError("CONFIG_TYPE", { what: "the text holds a NUL, which no process can be given", where });

function cycle(names: readonly string[], writtenAs: (name: string) => Written | undefined): PoststackError {
  const path = names.slice(names.indexOf(names.at(-1) ?? ""));
  const places = path.flatMap((name) => writtenAs(name)?.place ?? []);
  return new PoststackError("VARIABLE_CYCLE", {
    what: `${path.join(" → ")} is a circle`,
    ...(places[0] === undefined ? {} : { where: places[0] }),
    details: path.slice(1).flatMap((name) => {
      const place = writtenAs(name)?.place;
      return place === undefined ? [] : [`${name} at ${renderPlace(place)}`];
    }),
    next: "give one of them a value of its own",
  });
}
