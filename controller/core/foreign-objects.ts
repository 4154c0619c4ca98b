import type { ErrorFacts } from "./errors.ts";
import type { Place } from "./place.ts";

// What is refused because of objects of an engine that are somebody else's, or should be.

export type ForeignKind = "container" | "network" | "volume";

export interface Named {
  readonly name: string;
  readonly place?: Place;
}

/** @param next what a person can do about it, which each kind has its own ways for */
export const nameTaken = (kind: ForeignKind, { name, place }: Named, next: string): ErrorFacts => ({
  code: "NAME_TAKEN",
  what: `a ${kind} "${name}" is there already, and Poststack did not make it for this environment`,
  ...(place === undefined ? {} : { where: place }),
  next,
});

export const externalMissing = (kind: Exclude<ForeignKind, "container">, { name, place }: Named): ErrorFacts => ({
  code: "EXTERNAL_MISSING",
  what: `there is no ${kind} "${name}", which the files call external`,
  ...(place === undefined ? {} : { where: place }),
  next: `make it (docker ${kind} create ${name}), or leave out \`external: true\``,
});
