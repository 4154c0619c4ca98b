import { resourceId } from "../../core/id.ts";
import { unreachable } from "../../core/unreachable.ts";
import { described, toolsToTake } from "./choice.ts";
import { obsolete } from "./keep.ts";
import type { BackupAction, Candidate, DesiredBackup, ObservedBackup, Wish } from "./model.ts";
import { restoreCopy } from "./physical/plan.ts";
import { fileExists, noDatabase, noTools, refuse, unfit } from "./refusals.ts";

export function diff(desired: readonly DesiredBackup[], observed: readonly ObservedBackup[]): readonly BackupAction[] {
  const byId = new Map(observed.map((one) => [one.id, one]));
  return desired.flatMap((one) => {
    const found = byId.get(one.id);
    return found === undefined ? withoutServer(one) : diffOne(one, found);
  });
}

/** Without data there is nothing to copy, and nothing that a backup would take the place of. */
const withoutServer = (desired: DesiredBackup): readonly BackupAction[] =>
  desired.wish.type === "take" || desired.wish.type === "restore"
    ? [
        refuse(desired, {
          code: "BACKUP_FAILED",
          what: `environment ${desired.environment} has no server with data yet`,
          next: `run \`poststack apply ${desired.environment}\` first`,
        }),
      ]
    : [];

function diffOne(desired: DesiredBackup, observed: ObservedBackup): readonly BackupAction[] {
  const { wish } = desired;
  const left = [
    ...observed.leftovers.map((name) => dropLeftover(desired, name)),
    ...(mayDelete(wish) && !isRestored(wish, observed)
      ? observed.discarded.map((name) => dropDiscarded(desired, name))
      : []),
    ...observed.unpacked.map((name) => removeUnpacked(desired, name)),
  ];
  switch (wish.type) {
    case "none":
      return left;
    case "take":
      return [...left, ...take(desired, wish, observed)];
    case "restore":
      return restore(desired, wish, observed, left);
    case "prune":
      return [...left, ...prune(desired, wish, observed)];
    default:
      return unreachable(wish);
  }
}

/** This very run has done it, and said so where it could not drop what it replaced. */
const isRestored = (wish: Wish, { candidate, restored }: ObservedBackup): boolean =>
  wish.type === "restore" &&
  restored !== undefined &&
  restored.at >= wish.since &&
  restored.sha256 === candidate?.sha256;

const mayDelete = (wish: Wish): boolean => (wish.type === "restore" || wish.type === "prune") && wish.deleteData;

function take(
  desired: DesiredBackup,
  { since, output }: Extract<Wish, { readonly type: "take" }>,
  observed: ObservedBackup,
): readonly BackupAction[] {
  const isTaken = observed.backups.some(
    ({ path, manifest }) => manifest.takenAt >= since && (output === undefined || path === output),
  );
  if (isTaken) return [];
  const { occupied } = observed;
  return [
    occupied === undefined ? takeOrRefuse(desired, observed, "asked for") : refuse(desired, fileExists(occupied)),
  ];
}

/** One action to take a backup, or why none can be taken. */
export function takeOrRefuse(desired: DesiredBackup, observed: ObservedBackup, because: string): BackupAction {
  if (observed.database !== "ours") return refuse(desired, noDatabase(desired, observed));
  const { tools, error } = toolsToTake(observed);
  if (error !== undefined) return refuse(desired, error);
  const { id, dependsOn, place } = desired;
  const reason = `${because}; ${described(tools)}`;
  return { kind: "backup", verb: "take", id, dependsOn, reason, hazards: [], place, desired, tools, because };
}

function restore(
  desired: DesiredBackup,
  wish: Extract<Wish, { readonly type: "restore" }>,
  observed: ObservedBackup,
  left: readonly BackupAction[],
): readonly BackupAction[] {
  const { candidate, tools, database, sessions } = observed;
  const { deleteData } = wish;
  if (candidate === undefined || isRestored(wish, observed)) return left;
  if (candidate.manifest?.format === "physical") {
    return [
      ...left,
      restoreCopy(desired, { deleteData }, observed, { ...candidate, manifest: candidate.manifest }, left),
    ];
  }
  // Nobody need install anything for a file that is not there.
  if (candidate.error !== undefined) return [...left, refuse(desired, candidate.error)];
  if (database !== "ours") return [...left, refuse(desired, noDatabase(desired, observed))];
  if (tools === undefined) return [...left, refuse(desired, noTools(observed))];
  const error = unfit(candidate, observed);
  if (error !== undefined) return [...left, refuse(desired, error)];
  const notes = [...provenance(candidate, desired), ...told(sessions), ...stays(desired, observed)];
  const action: BackupAction = {
    kind: "backup",
    verb: "restore",
    // Not the database's own: before it there may be a backup to be taken of that.
    id: resourceId("backup", candidate.path.slice(candidate.path.lastIndexOf("/") + 1)),
    dependsOn: [...desired.dependsOn, ...left.map(({ id }) => id)],
    reason: `${candidate.path}, sha256 ${candidate.sha256.slice(0, 12)}…, takes the place of ${desired.endpoint.database}; what is there now is ${deleteData ? "deleted" : "kept beside it"}`,
    hazards: deleteData ? ["downtime", "deletes-data"] : ["downtime"],
    // Also where the old one is kept beside: who uses the database no longer has what was in it.
    alsoTakesAway: true,
    place: desired.place,
    ...(notes.length === 0 ? {} : { notes }),
    desired,
    tools,
    candidate,
    deleteData,
  };
  return [...left, action];
}

function provenance({ manifest }: Candidate, { endpoint }: DesiredBackup): readonly string[] {
  if (manifest === undefined) return ["it has no manifest: nobody has verified it, or knows where it comes from"];
  const { environment, takenAt, schemaHead = "none", owner } = manifest;
  return [
    `taken of ${environment} at ${takenAt.toISOString()}, last migration ${schemaHead}`,
    ...(owner === endpoint.owner.user
      ? []
      : [
          `it belonged to ${owner}: privileges on its objects are not restored, the next apply grants what the files say`,
        ]),
  ];
}

/** Whoever approves the plan agrees to their end. */
const told = (sessions: ObservedBackup["sessions"]): readonly string[] =>
  sessions.length === 0
    ? []
    : [`ends sessions in it: ${sessions.map(({ application, count }) => `${application} (${count})`).join(", ")}`];

/** What takes room on the server for nothing, and is not deleted without leave. */
const stays = ({ wish }: DesiredBackup, { discarded }: ObservedBackup): readonly string[] =>
  discarded.length === 0 || mayDelete(wish)
    ? []
    : [`left by a restore with --delete-data, which drops it the next time: ${discarded.join(", ")}`];

function prune(
  desired: DesiredBackup,
  { deleteData }: Extract<Wish, { readonly type: "prune" }>,
  { backups }: ObservedBackup,
): readonly BackupAction[] {
  if (!deleteData) return [];
  return obsolete(backups, desired.keep).map(({ path, name, manifest: { takenAt, sha256 } }) => ({
    kind: "backup",
    verb: "prune",
    id: resourceId("backup", name),
    dependsOn: [],
    reason: `taken at ${takenAt.toISOString()}; no rule of \`keep\` wants it any more`,
    hazards: ["deletes-data"],
    place: desired.place,
    what: { type: "file", path, sha256 },
  }));
}

/** It holds a copy of a file that is there, as far as that came. */
const dropLeftover = (desired: DesiredBackup, name: string): BackupAction => ({
  kind: "backup",
  verb: "prune",
  id: resourceId("backup", name),
  dependsOn: desired.dependsOn,
  reason: "left by a restore that was interrupted before it took the database's place",
  hazards: [],
  place: desired.place,
  what: { type: "database", name, desired },
});

/** Somebody gave leave to delete it, in another run: that leave has ended with it. */
const dropDiscarded = (desired: DesiredBackup, name: string): BackupAction => ({
  ...dropLeftover(desired, name),
  reason: "what a restore with --delete-data has replaced and not dropped",
  hazards: ["deletes-data"],
});

/** It holds what a file holds that is there. */
const removeUnpacked = (desired: DesiredBackup, name: string): BackupAction => ({
  kind: "backup",
  verb: "prune",
  id: resourceId("backup", name),
  dependsOn: desired.dependsOn,
  reason: "a copy that was unpacked beside the server's data, by a backup or a restore that was interrupted",
  hazards: [],
  place: desired.place,
  what: { type: "folder", name },
});
