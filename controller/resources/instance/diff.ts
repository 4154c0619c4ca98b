import type { Hazard } from "../../core/action.ts";
import { summarise } from "../../core/drift.ts";
import { classOf, PoststackError, type ErrorFacts } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { EmbeddedSpec } from "../../core/ports/embedded.ts";
import { unreachable } from "../../core/unreachable.ts";
import {
  change,
  facts,
  isReplaced,
  joined,
  majorUpgrade,
  portTaken,
  refuse,
  remove,
  replaced,
  stop,
} from "./actions.ts";
import type { DesiredInstance, InstanceAction, ObservedInstance } from "./model.ts";
import { diffContainer } from "./on-container/diff.ts";
import { invalidParameters, isRestartNeeded, settingsDrift } from "./settings.ts";

export function diff(
  desired: readonly DesiredInstance[],
  observed: readonly ObservedInstance[],
  changing: ReadonlySet<ResourceId> = new Set(),
): readonly InstanceAction[] {
  const byId = new Map(observed.map((one) => [one.id, one]));
  return desired.flatMap((one) => {
    const found = byId.get(one.id);
    return found === undefined ? [] : diffInstance(one, found, changing);
  });
}

function diffInstance(
  desired: DesiredInstance,
  observed: ObservedInstance,
  changing: ReadonlySet<ResourceId>,
): readonly InstanceAction[] {
  if (observed.formerContainer !== undefined)
    return [refuse(desired, providerChanged(desired, observed.formerContainer))];
  if (desired.provider === "external") return diffExternal(desired, observed);
  const { spec, container } = desired;
  if (container !== undefined) return diffContainer(desired, container, observed, changing);
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

/** Its data does not move by itself, and nothing of it goes unasked. */
const providerChanged = ({ id, provider, place }: DesiredInstance, container: string): ErrorFacts => ({
  code: "PROVIDER_CHANGED",
  what: `${id} is in container "${container}", and the files ask for provider ${provider}`,
  where: place,
  next: "write `provider: container` again; to give that server up, `poststack destroy` then takes it away and keeps its volume",
});

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

/** What stands in the way and does not go away by itself. */
function obstacle(desired: DesiredInstance, spec: EmbeddedSpec, observed: ObservedInstance): ErrorFacts | undefined {
  if (observed.error !== undefined) return observed.error;
  if (isReplaced(desired, observed)) return replaced(desired, observed);
  if (observed.dataMajor !== undefined && spec.major !== undefined && observed.dataMajor !== spec.major) {
    return majorUpgrade(desired, observed.dataMajor, spec.major);
  }
  const invalid = invalidParameters(desired, observed);
  if (invalid !== undefined) return invalid;
  if (observed.portHolder !== undefined && observed.runningPort !== spec.port) {
    return portTaken(desired, spec.bind, spec.port, observed.portHolder);
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
