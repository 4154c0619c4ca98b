import { shortCommand } from "../../core/action.ts";
import type { ResourceId } from "../../core/id.ts";
import { shortImageId } from "../../core/image-reference.ts";
import type { Deferred } from "../../core/plan.ts";
import { isCommandPublic } from "./content.ts";
import { helpersOf, hostReach } from "./helpers.ts";
import { imagePart, keyOf } from "./key.ts";
import type { DesiredJob, JobAction, ObservedJob } from "./model.ts";

export function diff(desired: readonly DesiredJob[], observed: readonly ObservedJob[]): readonly JobAction[] {
  const byName = new Map(observed.map((job) => [job.name, job]));
  const runs = desired.flatMap((job): readonly Extract<JobAction, { readonly verb: "run" }>[] => {
    const reason = whyRun(job, byName.get(job.name));
    if (reason === undefined) return [];
    const { id, dependsOn, place } = job;
    const after = job.container === undefined || job.after.length === 0 ? {} : { after: job.after };
    const reached = job.container === undefined ? [] : hostReach(job.container);
    return [
      {
        id,
        kind: "job",
        verb: "run",
        dependsOn,
        ...after,
        reason: reached.length === 0 ? reason : `${reason}; may reach the host: ${reached.join(", ")}`,
        hazards: reached.length === 0 ? [] : ["host-access"],
        place,
        desired: job,
      },
    ];
  });
  return [...runs, ...helpersOf(runs)];
}

/**
 * Jobs that need not run as far as anybody can tell, and whose image may be another one after this plan: whether they run
 * is known then, and what needs them waits for that.
 *
 * @param changing what this plan is about to make or make anew
 */
export function undecided(
  desired: readonly DesiredJob[],
  observed: readonly ObservedJob[],
  changing: ReadonlySet<ResourceId>,
): readonly Deferred[] {
  const byName = new Map(observed.map((job) => [job.name, job]));
  return desired.flatMap((job): readonly Deferred[] => {
    const { id, when, container } = job;
    if (container === undefined || when !== "on_change" || !changing.has(container.image)) return [];
    if (whyRun(job, byName.get(job.name)) !== undefined) return [];
    return [{ id, reason: `runs if ${container.image} turns out to be another one` }];
  });
}

/** Undefined: nothing to do. */
function whyRun(desired: DesiredJob, observed: ObservedJob | undefined): string | undefined {
  if (observed === undefined) return `never ran${shownCommand(desired)}`;
  const { last, succeededAt, imageId } = observed;
  const { startedAfter } = desired;
  const succeeded = succeededAt !== undefined && (startedAfter === undefined || succeededAt >= startedAfter);
  if (desired.when === "once" && succeeded) return undefined;
  if (last.state === "running") return "interrupted run";
  // Also when an older run had succeeded: this one may have left half of its work.
  if (last.state === "failed") {
    return last.exitCode === undefined ? "failed before" : `failed before with exit code ${last.exitCode}`;
  }
  if (desired.when === "always" && (startedAfter === undefined || !succeeded)) return "runs on every apply";
  // An image that is not here cannot be compared with: it is fetched first, and then is.
  const isHere = desired.container === undefined || imageId !== undefined;
  const wanted = keyOf(desired, isHere ? imageId : last.keyParts.get(imagePart));
  if (desired.when === "on_change" && last.key !== wanted.key) return changes(wanted.keyParts, last.keyParts);
  return succeeded ? undefined : "run requested";
}

const shownCommand = (desired: DesiredJob): string => {
  if (desired.container !== undefined) return `: ${desired.container.spec.image}`;
  return isCommandPublic(desired) ? `: ${shortCommand(desired.command)}` : "";
};

/** `command changed; LOG_LEVEL changed; inputs/seed.csv added`. The newest run counts: going back to an older key is a change too. */
function changes(now: ReadonlyMap<string, string>, before: ReadonlyMap<string, string>): string {
  const names = [...new Set([...now.keys(), ...before.keys()])].sort();
  const changed = names.flatMap((name) => {
    const [from, to] = [before.get(name), now.get(name)];
    if (from === to) return [];
    if (name === imagePart && from !== undefined && to !== undefined) {
      return [`image ${shortImageId(from)} → ${shortImageId(to)}`];
    }
    const how = from === undefined ? "added" : to === undefined ? "removed" : "changed";
    return [`${name.replace(/^variables\//, "")} ${how}`];
  });
  return changed.length === 0 ? "its key changed" : changed.join("; ");
}
