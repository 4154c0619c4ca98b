import type { Hazard } from "../../core/action.ts";
import type { Drift } from "../../core/drift.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { DesiredInstance, InstanceAction, ObservedInstance } from "./model.ts";

// What the plans of every provider are made of: its actions, and refusals that mean the same for each.

/** An empty database is not a new beginning (RELIABILITY 21). */
export function isReplaced(
  { knownIdentifier }: DesiredInstance,
  { systemIdentifier, server }: ObservedInstance,
): boolean {
  if (knownIdentifier === undefined) return false;
  return server === "absent" || (systemIdentifier !== undefined && systemIdentifier !== knownIdentifier);
}

export function replaced(
  desired: DesiredInstance,
  { server, systemIdentifier, dataDirectory }: Pick<ObservedInstance, "server" | "systemIdentifier" | "dataDirectory">,
): ErrorFacts {
  const known = desired.knownIdentifier ?? "";
  return {
    code: "DATABASE_REPLACED",
    what:
      server === "absent"
        ? `the data of ${desired.id} is gone: cluster ${known} was in ${dataDirectory ?? "its data directory"}`
        : `${desired.id} is cluster ${systemIdentifier ?? "unknown"} now, and was ${known}`,
    where: desired.place,
    next: "bring the old data back; if it may be forgotten, `poststack destroy --delete-data` clears the record",
  };
}

type Facts = Pick<InstanceAction, "kind" | "id" | "dependsOn" | "reason" | "hazards" | "place">;

export const facts = (
  { id, dependsOn, place }: DesiredInstance,
  reason: string,
  hazards: readonly Hazard[] = [],
): Facts => ({
  kind: "instance",
  id,
  dependsOn,
  reason,
  hazards,
  place,
});

export const change = (
  desired: DesiredInstance,
  verb: "start" | "reload" | "restart",
  reason: string,
  drift: readonly Drift[],
  hazards: readonly Hazard[] = [],
): InstanceAction => ({ ...facts(desired, reason, hazards), verb, desired, drift });

export const stop = (desired: DesiredInstance, reason: string): InstanceAction => ({
  ...facts(desired, reason, ["downtime"]),
  verb: "stop",
  desired,
});

export const remove = (desired: DesiredInstance, reason: string, hazards: readonly Hazard[]): InstanceAction => ({
  ...facts(desired, reason, hazards),
  verb: "delete",
  desired,
});

export const refuse = (desired: DesiredInstance, error: ErrorFacts): InstanceAction => ({
  ...facts(desired, error.what),
  verb: "refuse",
  error,
});

export const joined = (first: string, second: string): string => (second === "" ? first : `${first}; ${second}`);

export const majorUpgrade = ({ id, place }: DesiredInstance, data: number, wanted: number): ErrorFacts => ({
  code: "MAJOR_UPGRADE",
  what: `the data of ${id} was made by PostgreSQL ${data}, and version ${wanted} is asked for`,
  where: place,
  next: `ask for \`version: ${data}\`; to change it, dump the data and load it into a new environment`,
});

export const portTaken = ({ id, place }: DesiredInstance, bind: string, port: number, holder: string): ErrorFacts => ({
  code: "PORT_TAKEN",
  what: `${holder} listens on ${bind}:${port}, the port of ${id}`,
  where: place,
  next: "end that program, or give the environment another `port:`",
});
