import { shortCommand } from "../../core/action.ts";
import { isCommandPublic } from "./content.ts";
import type { DesiredJob, JobAction, ObservedJob } from "./model.ts";

export function diff(desired: readonly DesiredJob[], observed: readonly ObservedJob[]): readonly JobAction[] {
  const byName = new Map(observed.map((job) => [job.name, job]));
  return desired.flatMap((job) => {
    const reason = whyRun(job, byName.get(job.name));
    if (reason === undefined) return [];
    const { id, dependsOn, place } = job;
    return [{ id, kind: "job", verb: "run", dependsOn, reason, hazards: [], place, desired: job }];
  });
}

/** Undefined: nothing to do. */
function whyRun(desired: DesiredJob, observed: ObservedJob | undefined): string | undefined {
  if (observed === undefined) {
    return isCommandPublic(desired) ? `never ran: ${shortCommand(desired.command)}` : "never ran";
  }
  const { last, succeededAt } = observed;
  const { startedAfter } = desired;
  const succeeded = succeededAt !== undefined && (startedAfter === undefined || succeededAt >= startedAfter);
  if (desired.when === "once" && succeeded) return undefined;
  if (last.state === "running") return "interrupted run";
  // Also when an older run had succeeded: this one may have left half of its work.
  if (last.state === "failed") {
    return last.exitCode === undefined ? "failed before" : `failed before with exit code ${last.exitCode}`;
  }
  if (desired.when === "always" && (startedAfter === undefined || !succeeded)) return "runs on every apply";
  if (desired.when === "on_change" && last.key !== desired.key) return changes(desired.keyParts, last.keyParts);
  return succeeded ? undefined : "run requested";
}

/** `command changed; LOG_LEVEL changed; inputs/seed.csv added`. The newest run counts: going back to an older key is a change too. */
function changes(now: ReadonlyMap<string, string>, before: ReadonlyMap<string, string>): string {
  const names = [...new Set([...now.keys(), ...before.keys()])].sort();
  const changed = names.flatMap((name) => {
    if (now.get(name) === before.get(name)) return [];
    return [
      `${name.replace(/^variables\//, "")} ${!before.has(name) ? "added" : !now.has(name) ? "removed" : "changed"}`,
    ];
  });
  return changed.length === 0 ? "its key changed" : changed.join("; ");
}
