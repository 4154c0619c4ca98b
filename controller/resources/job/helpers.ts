import { hostAccess } from "../../core/host-access.ts";
import { nameOf, resourceId, type ResourceId } from "../../core/id.ts";
import type { ContainerJob, DesiredHelper, JobAction, JobContainer, NeededHelper } from "./model.ts";

type Run = Extract<JobAction, { readonly verb: "run" }>;
type HelperAction = Extract<JobAction, { readonly verb: "start" | "end" }>;

/** One action for each id; `@` is in no service's name. */
export const endId = (id: ResourceId): ResourceId => resourceId("job", `${nameOf(id)}@end`);

/** What of the host a job or a helper can reach. */
export const hostReach = ({ spec, project, hostPaths }: JobContainer): readonly string[] =>
  hostAccess(spec, project.root, hostPaths);

/** Each helper that jobs in containers need, directly or through another helper, once. */
export function neededBy(jobs: readonly Pick<ContainerJob, "helpers">[]): readonly DesiredHelper[] {
  const found = new Map<ResourceId, DesiredHelper>();
  const visit = (needed: readonly NeededHelper[]): void => {
    for (const { helper } of needed) {
      if (found.has(helper.id)) continue;
      found.set(helper.id, helper);
      visit(helper.helpers);
    }
  };
  for (const { helpers } of jobs) visit(helpers);
  return [...found.values()];
}

/** The start and the end of each helper that what runs needs, directly or through another helper. */
export function helpersOf(runs: readonly Run[]): readonly HelperAction[] {
  const helpers = new Map<ResourceId, DesiredHelper>();
  /** Who is to be over before a helper ends. */
  const users = new Map<ResourceId, Set<ResourceId>>();
  const use = (needed: readonly NeededHelper[], user: ResourceId): void => {
    for (const { helper } of needed) {
      const known = users.get(helper.id);
      users.set(helper.id, (known ?? new Set()).add(user));
      if (known !== undefined) continue;
      helpers.set(helper.id, helper);
      use(helper.helpers, endId(helper.id));
    }
  };
  for (const { desired } of runs) if (desired.container !== undefined) use(desired.helpers, desired.id);
  return [...helpers.values()].flatMap((helper) => actionsFor(helper, [...(users.get(helper.id) ?? [])].sort()));
}

function actionsFor(helper: DesiredHelper, users: readonly ResourceId[]): readonly HelperAction[] {
  const { id, dependsOn, after, place, container } = helper;
  const common = { kind: "job", place, desired: helper } as const;
  const reached = hostReach(container);
  const needing = users.map((user) => user.replace(/@end$/, "")).join(", ");
  return [
    {
      ...common,
      id,
      verb: "start",
      dependsOn,
      after,
      reason: `for ${needing}${reached.length === 0 ? "" : `; may reach the host: ${reached.join(", ")}`}`,
      hazards: reached.length === 0 ? [] : ["host-access"],
    },
    {
      ...common,
      id: endId(id),
      verb: "end",
      dependsOn: [],
      hazards: [],
      goesWith: id,
      // Well or not: what is left of a step goes in any case.
      after: [id, ...users],
      reason: `after ${needing}`,
    },
  ];
}
