import type { Hazard } from "../../core/action.ts";
import { summarise, type Drift } from "../../core/drift.ts";
import { classOf, PoststackError, type ErrorFacts } from "../../core/errors.ts";
import type { EmbeddedSpec } from "../../core/ports/embedded.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DesiredInstance, InstanceAction, ObservedInstance } from "./model.ts";
import { invalidParameters, isRestartNeeded, settingsDrift } from "./settings.ts";

export function diff(
  desired: readonly DesiredInstance[],
  observed: readonly ObservedInstance[],
): readonly InstanceAction[] {
  const byId = new Map(observed.map((one) => [one.id, one]));
  return desired.flatMap((one) => {
    const found = byId.get(one.id);
    return found === undefined ? [] : diffInstance(one, found);
  });
}

function diffInstance(desired: DesiredInstance, observed: ObservedInstance): readonly InstanceAction[] {
  if (desired.provider === "external") return diffExternal(desired, observed);
  const { spec } = desired;
  if (spec === undefined) throw new PoststackError("INTERNAL", { what: `${desired.id} is embedded and has no spec` });
  switch (desired.to) {
    case "running":
      return diffRunning(desired, spec, observed);
    case "stopped":
      return isRunning(observed) ? [stop(desired, "wanted stopped")] : [];
    case "absent":
      return diffAbsent(desired, observed);
    default:
      return unreachable(desired.to);
  }
}

const isRunning = (observed: ObservedInstance): boolean => observed.runningPort !== undefined;

function diffExternal(desired: DesiredInstance, observed: ObservedInstance): readonly InstanceAction[] {
  if (desired.to !== "running") return [];
  // What may pass by itself is waited for: all that lives in the server is deferred until it answers.
  if (observed.error !== undefined) return mayPass(observed.error) ? [] : [refuse(desired, observed.error)];
  return isReplaced(desired, observed) ? [refuse(desired, replaced(desired, observed))] : [];
}

const mayPass = ({ code }: ErrorFacts): boolean => classOf(code) === "retryable";

function diffAbsent(desired: DesiredInstance, observed: ObservedInstance): readonly InstanceAction[] {
  if (!desired.deleteData) return isRunning(observed) ? [stop(desired, "no longer wanted; its data stays")] : [];
  if (observed.server === "absent") {
    return desired.knownIdentifier === undefined
      ? []
      : [remove(desired, "its data is gone; the record of it goes too", [])];
  }
  const hazards: readonly Hazard[] = isRunning(observed) ? ["deletes-data", "downtime"] : ["deletes-data"];
  return [remove(desired, `no longer wanted; ${observed.dataDirectory ?? "its data"} is deleted`, hazards)];
}

function diffRunning(
  desired: DesiredInstance,
  spec: EmbeddedSpec,
  observed: ObservedInstance,
): readonly InstanceAction[] {
  const error = obstacle(desired, spec, observed);
  if (error !== undefined) return [refuse(desired, error)];
  const { parameters } = desired;
  if (observed.server === "absent") {
    return [
      { ...facts(desired, `no data yet; initdb with ${observed.binaries ?? "Postgres"}`), verb: "create", desired },
    ];
  }
  const drift = settingsDrift(parameters, spec, observed);
  const reason = summarise(drift);
  if (!isRunning(observed)) return [change(desired, "start", joined("not running", reason), drift)];
  if (
    desired.startedAfter !== undefined &&
    observed.startedAt !== undefined &&
    observed.startedAt < desired.startedAfter
  ) {
    return [change(desired, "restart", joined("restart requested", reason), drift, ["downtime"])];
  }
  if (isRestartNeeded(drift, parameters, observed)) return [change(desired, "restart", reason, drift, ["downtime"])];
  if (observed.server === "down") return [change(desired, "start", "running, and not answering yet", [])];
  if (drift.length > 0) return [change(desired, "reload", reason, drift)];
  return observed.configurationIsLoaded
    ? []
    : [change(desired, "reload", "the server has not read its settings yet", [])];
}

const joined = (first: string, second: string): string => (second === "" ? first : `${first}; ${second}`);

/** What stands in the way and does not go away by itself. */
function obstacle(desired: DesiredInstance, spec: EmbeddedSpec, observed: ObservedInstance): ErrorFacts | undefined {
  if (observed.error !== undefined) return observed.error;
  if (isReplaced(desired, observed)) return replaced(desired, observed);
  if (observed.dataMajor !== undefined && spec.major !== undefined && observed.dataMajor !== spec.major) {
    return {
      code: "MAJOR_UPGRADE",
      what: `the data of ${desired.id} was made by PostgreSQL ${observed.dataMajor}, and version ${spec.major} is asked for`,
      where: desired.place,
      next: `ask for \`version: ${observed.dataMajor}\`; to change it, dump the data and load it into a new environment`,
    };
  }
  const invalid = invalidParameters(desired, observed);
  if (invalid !== undefined) return invalid;
  if (observed.portHolder !== undefined && observed.runningPort !== spec.port) {
    return {
      code: "PORT_TAKEN",
      what: `${observed.portHolder} listens on ${spec.bind}:${spec.port}, the port of ${desired.id}`,
      where: desired.place,
      next: "end that program, or give the environment another `port:`",
    };
  }
  if (!isRunning(observed) && observed.binaries === undefined) {
    const major = observed.dataMajor ?? spec.major;
    return {
      code: "POSTGRES_MISSING",
      what: `PostgreSQL ${major ?? ""} is not on this machine, and none of that version can be fetched`.replace(
        "  ",
        " ",
      ),
      where: desired.place,
      next: "install it with the system's package manager, or ask for another `version:`",
    };
  }
  return undefined;
}

/** An empty database is not a new beginning (RELIABILITY 21). */
function isReplaced({ knownIdentifier }: DesiredInstance, { systemIdentifier, server }: ObservedInstance): boolean {
  if (knownIdentifier === undefined) return false;
  return server === "absent" || (systemIdentifier !== undefined && systemIdentifier !== knownIdentifier);
}

function replaced(desired: DesiredInstance, { server, systemIdentifier, dataDirectory }: ObservedInstance): ErrorFacts {
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

const facts = ({ id, dependsOn, place }: DesiredInstance, reason: string, hazards: readonly Hazard[] = []): Facts => ({
  kind: "instance",
  id,
  dependsOn,
  reason,
  hazards,
  place,
});

const change = (
  desired: DesiredInstance,
  verb: "start" | "reload" | "restart",
  reason: string,
  drift: readonly Drift[],
  hazards: readonly Hazard[] = [],
): InstanceAction => ({ ...facts(desired, reason, hazards), verb, desired, drift });

const stop = (desired: DesiredInstance, reason: string): InstanceAction => ({
  ...facts(desired, reason, ["downtime"]),
  verb: "stop",
  desired,
});

const remove = (desired: DesiredInstance, reason: string, hazards: readonly Hazard[]): InstanceAction => ({
  ...facts(desired, reason, hazards),
  verb: "delete",
  desired,
});

const refuse = (desired: DesiredInstance, error: ErrorFacts): InstanceAction => ({
  ...facts(desired, error.what),
  verb: "refuse",
  error,
});
