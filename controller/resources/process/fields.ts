import { commandLine } from "../../core/action.ts";
import { driftOf, type Drift } from "../../core/drift.ts";
import { contractsField } from "../../core/known-contracts.ts";
import { Secret, type Text } from "../../core/secret.ts";
import type { DesiredProcess } from "./model.ts";

const publicPrefix = "variables/";
const secretPrefix = "secrets/";
const longest = 60;

/**
 * What makes a process what it is, field by field, as its record keeps it. Variables have a prefix, so that one called
 * `cwd` is not taken for the working directory.
 *
 * @param hash a short keyed hash: the record tells that a secret changed, and never what it was
 */
export function fieldsOf(
  process: Pick<DesiredProcess, "command" | "cwd" | "stopSignal" | "environment">,
  hash: (secret: Secret) => string,
): ReadonlyMap<string, string> {
  const variable = ([name, value]: readonly [string, Text]): readonly [string, string] =>
    value instanceof Secret ? [`${secretPrefix}${name}`, hash(value)] : [`${publicPrefix}${name}`, value];
  return new Map([
    ["command", commandLine(process.command)],
    ["cwd", process.cwd],
    ["stop_signal", process.stopSignal],
    ...[...process.environment].map(variable).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

/** The difference in the user's words: `LOG_LEVEL debug → info`, `DB_PASSWORD changed`. */
export function driftOfFields(
  desired: ReadonlyMap<string, string>,
  recorded: ReadonlyMap<string, string>,
): readonly Drift[] {
  const byName = new Map<string, Drift>();
  for (const { field, from, to } of driftOf(desired, recorded)) {
    if (field === contractsField) continue;
    const isSecret = isSecretField(field);
    const name = isSecret ? field.slice(secretPrefix.length) : withoutPrefix(field);
    const show = (value: string, side: ReadonlyMap<string, string>): string | undefined =>
      side.has(field) ? (isSecret ? "«secret»" : short(value)) : undefined;
    // A variable that turns into a secret differs in two fields and is one variable.
    const other = byName.get(name);
    byName.set(name, {
      field: name,
      from: show(from, recorded) ?? other?.from ?? from,
      to: show(to, desired) ?? other?.to ?? to,
    });
  }
  return [...byName.values()].sort((a, b) => (a.field < b.field ? -1 : 1));
}

const withoutPrefix = (field: string): string =>
  field.startsWith(publicPrefix) ? field.slice(publicPrefix.length) : field;

/** Whether a field holds the short keyed hash of what no plan may show. */
export const isSecretField = (field: string): boolean => field.startsWith(secretPrefix);

/** One line of the plan holds it, whatever it is. */
function short(value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const line = value === "" || /[\u0000-\u001f\u007f]/.test(value) ? JSON.stringify(value) : value;
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
