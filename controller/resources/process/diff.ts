import { shortCommand } from "../../core/action.ts";
import { summarise } from "../../core/drift.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { ProcessRecord } from "../../core/ports/host.ts";
import { mayBeCutOff } from "./cut-off.ts";
import { driftOfFields } from "./fields.ts";
import type { DesiredProcess, ObservedProcess, ProcessAction } from "./model.ts";
import { wantedPort } from "./port.ts";

export function diff(
  desired: readonly DesiredProcess[],
  observed: readonly ObservedProcess[],
): readonly ProcessAction[] {
  const wanted = new Map(desired.map((process) => [process.id, process]));
  const seen = new Map(observed.map((process) => [process.id, process]));
  const inTheWay = leavingHolders(wanted, seen);
  return [
    ...desired.flatMap((process) => {
      const record = seen.get(process.id)?.record;
      if (process.to === "running") return diffRunning(process, seen.get(process.id), inTheWay);
      if (record === undefined) return [];
      const end = process.to === "stopped" ? stop : remove;
      return [{ ...end(record, whyEnd(record), endFirst(process, desired, seen)), place: process.place }];
    }),
    ...observed.flatMap(({ id, record }) => {
      if (record === undefined || wanted.has(id)) return [];
      const wantedBy = inTheWay.get(id);
      // Removals come last, and only when all else succeeded; whoever needs the port would never get that far.
      return wantedBy === undefined
        ? [remove(record, "no longer in the files", [])]
        : [stop(record, `no longer in the files, and ${wantedBy} wants its port`, [])];
    }),
  ];
}

/** Processes that the files no longer have while one that is to start wants their port, and which one. */
function leavingHolders(
  wanted: ReadonlyMap<ResourceId, DesiredProcess>,
  seen: ReadonlyMap<ResourceId, ObservedProcess>,
): ReadonlyMap<ResourceId, ResourceId> {
  const leaving = [...seen.values()].flatMap(({ id, portHolder }): [ResourceId, ResourceId][] => {
    const holder = portHolder?.resource as ResourceId | undefined;
    const leaves = holder !== undefined && !wanted.has(holder) && seen.get(holder)?.record !== undefined;
    return leaves ? [[holder, id]] : [];
  });
  return new Map(leaving.sort(([, a], [, b]) => (a < b ? 1 : -1)));
}

/** What depends on a process ends before it does. */
const endFirst = (
  { id }: DesiredProcess,
  desired: readonly DesiredProcess[],
  seen: ReadonlyMap<ResourceId, ObservedProcess>,
): readonly ResourceId[] =>
  desired
    .filter(
      (other) => other.to !== "running" && other.dependsOn.includes(id) && seen.get(other.id)?.record !== undefined,
    )
    .map((other) => other.id)
    .sort();

function diffRunning(
  desired: DesiredProcess,
  observed: ObservedProcess | undefined,
  inTheWay: ReadonlyMap<ResourceId, ResourceId>,
): readonly ProcessAction[] {
  const record = observed?.record;
  const reason = whyStart(desired, record);
  const drift = record === undefined ? [] : driftOfFields(desired.fields, record.fields);
  const isDrifted = record !== undefined && record.configHash !== desired.configHash;
  const isOld = record !== undefined && desired.startedAfter !== undefined && record.startedAt < desired.startedAfter;
  if (reason === undefined && !isDrifted && !isOld) return [];

  const holder = observed?.portHolder;
  // Where the system does not tell who holds it, and ours still runs, it is most likely ours.
  const mayBeOurs = holder?.pid === undefined && record?.running === true;
  const isForeign = holder !== undefined && holder.resource === undefined && !mayBeOurs;
  if (isForeign && wantedPort(desired)?.certain === true) return [refuse(desired, holder.text)];

  const before = holder?.resource as ResourceId | undefined;
  const dependsOn = before !== undefined && inTheWay.has(before) ? [...desired.dependsOn, before] : desired.dependsOn;
  const facts = { id: desired.id, kind: "process", dependsOn, place: desired.place } as const;
  if (reason !== undefined || record === undefined) {
    const leftover = record === undefined ? {} : { leftover: record };
    return [{ ...facts, verb: "start", reason: reason ?? "not running", hazards: [], desired, ...leftover }];
  }
  const why = isDrifted ? (drift.length === 0 ? "configuration changed" : summarise(drift)) : "restart requested";
  const replace = { ...facts, verb: "replace", reason: why, hazards: ["downtime"], desired, record, drift } as const;
  if (!mayBeCutOff(desired, record)) return [replace];
  return [{ ...replace, reason: `${why}; may be cut off: the Procfile has no line end there`, alsoTakesAway: true }];
}

/** Undefined: it runs. */
function whyStart({ command }: DesiredProcess, record: ProcessRecord | undefined): string | undefined {
  // What the Procfile says has no variables put in: it may be shown.
  if (record === undefined) return `not running: ${shortCommand(command)}`;
  // Whatever it left is ended first: nobody saw whether it became ready.
  if (!record.accepted) return "its last start was interrupted";
  return record.running ? undefined : "exited";
}

const whyEnd = (record: ProcessRecord): string => (record.running ? "stop requested" : "exited; its record is left");

type Ending = Extract<ProcessAction, { readonly verb: "stop" }>;

const stop = (record: ProcessRecord, reason: string, dependsOn: readonly ResourceId[]): Ending => ({
  id: record.resource as ResourceId,
  kind: "process",
  verb: "stop",
  dependsOn,
  reason,
  hazards: record.running ? ["downtime"] : [],
  record,
});

const remove = (record: ProcessRecord, reason: string, dependsOn: readonly ResourceId[]): ProcessAction => ({
  ...stop(record, reason, dependsOn),
  verb: "delete",
});

function refuse(desired: DesiredProcess, holder: string): ProcessAction {
  const port = wantedPort(desired)?.port ?? 0;
  const error: ErrorFacts = {
    code: "PORT_TAKEN",
    what: `port ${port} of process "${desired.name}" is taken by ${holder}`,
    where: desired.place,
    next: "end that program, or give the process another port",
  };
  return {
    id: desired.id,
    kind: "process",
    verb: "refuse",
    dependsOn: desired.dependsOn,
    reason: error.what,
    hazards: [],
    place: desired.place,
    error,
  };
}
