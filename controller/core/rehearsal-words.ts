import type { ErrorFacts } from "./errors.ts";
import { renderPlace } from "./place.ts";
import type { RehearsedMigration, Rehearsal } from "./rehearsal.ts";
import type { Style } from "./render.ts";

/** Of a list, before the rest is counted: the JSON has them all. */
const shown = 3;

/** `rollback exact`, and what else there is to know: a line under the migration. */
export function describeRehearsed(one: RehearsedMigration): string {
  const { loses, way, again } = one;
  if (way === "repeat") {
    return again !== undefined && "code" in again
      ? `runs, and cannot run again: ${inWords(again)}`
      : "runs, and runs again";
  }
  return [
    verdict(one),
    ...(loses.length === 0 ? [] : [`it deletes what is in ${listed(loses)}`]),
    ...(one.again === undefined ? [] : [afterwards(one.again)]),
  ].join("; ");
}

function verdict({ way, rollback, differences, error }: RehearsedMigration): string {
  if (way === "back") return "can be rolled back";
  switch (rollback) {
    case "inexact":
      return `rollback inexact, after it: ${listed(differences)}`;
    case "empty":
      return "rollback empty: nothing is taken back";
    case "fails":
      return `rollback fails${error === undefined ? "" : `: ${inWords(error)}`}`;
    case undefined:
      return "goes on where it stopped; its rollback was not tried";
    default:
      return `rollback ${rollback}`;
  }
}

const afterwards = (again: NonNullable<RehearsedMigration["again"]>): string =>
  "code" in again
    ? `the migration cannot be applied again: ${inWords(again)}`
    : `applied again, the migration makes something else: ${listed(again.differences)}`;

const inWords = ({ what, where }: ErrorFacts): string =>
  onOneLine(where === undefined ? what : `${what} (${renderPlace(where)})`);

/** A quoted name may hold a line break, or what a terminal takes for a command. */
const onOneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, " ");

const listed = (items: readonly string[]): string =>
  [...items.slice(0, shown), ...(items.length > shown ? [`and ${items.length - shown} more`] : [])]
    .map(onOneLine)
    .join("; ");

/** How much a person should mind. */
export const styleOfRehearsed = ({ rollback, again }: RehearsedMigration): Style =>
  rollback === "fails" || again !== undefined
    ? "remove"
    : rollback === "inexact" || rollback === "empty"
      ? "change"
      : "dim";

const verdicts = ["exact", "inexact", "empty", "missing", "fails"] as const;

/** Where it was, and how many of each. */
export function summariseRehearsal({ on, because, image, from, rows, uncovered, migrations }: Rehearsal): string {
  const data = rows === undefined ? "without its data" : `with a sample of ${rows} rows`;
  const what = from === "schema" ? `a copy of the schema, ${data}` : "an empty database";
  const where =
    on === "server"
      ? "on the environment's server, where it is gone again"
      : `on a temporary server${image === undefined ? "" : ` (container of ${image})`}, which is gone again${because === undefined ? "" : ` (${because})`}`;
  const counts = verdicts.flatMap((verdict) => {
    const count = migrations.filter(({ rollback }) => rollback === verdict).length;
    return count === 0 ? [] : [`${count} ${verdict}`];
  });
  return [
    `Rehearsed in ${what}, ${where}.`,
    ...(counts.length === 0 ? [] : [`Rollbacks: ${counts.join(", ")}.`]),
    ...(uncovered.length === 0 ? [] : [`Not copied: ${listed(uncovered)}.`]),
  ].join(" ");
}
