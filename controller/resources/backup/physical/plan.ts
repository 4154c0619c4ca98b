import type { ErrorFacts } from "../../../core/errors.ts";
import { resourceId } from "../../../core/id.ts";
import type { BackupAction, Candidate, DesiredBackup, ObservedBackup } from "../model.ts";
import type { Manifest } from "../manifest.ts";
import { majorOf, refuse } from "../refusals.ts";
import { sealOf } from "./seal.ts";

type Copy = Candidate & { readonly manifest: Manifest };

/** A copy takes the place of all that the server has: the plan names it. */
export function restoreCopy(
  desired: DesiredBackup,
  { deleteData }: { readonly deleteData: boolean },
  observed: ObservedBackup,
  candidate: Copy,
  before: readonly BackupAction[],
): BackupAction {
  const error = candidate.error ?? unfitCopy(candidate, desired, observed);
  if (error !== undefined) return refuse(desired, error);
  const { cluster } = observed;
  const { path, sha256, manifest } = candidate;
  const { database } = desired.endpoint;
  const sessions = [...observed.sessions, ...(cluster?.sessions ?? [])];
  return {
    kind: "backup",
    verb: "restore",
    id: resourceId("backup", path.slice(path.lastIndexOf("/") + 1)),
    dependsOn: [...desired.dependsOn, ...before.map(({ id }) => id)],
    reason: `${path}, sha256 ${sha256.slice(0, 12)}…, takes the place of the whole server: every database and every role; what is there now is ${deleteData ? "deleted" : "kept beside it"}`,
    hazards: deleteData ? ["downtime", "deletes-data"] : ["downtime"],
    // Also where the old one is kept beside: who uses the server no longer has what was in it.
    alsoTakesAway: true,
    place: desired.place,
    notes: [
      `taken of ${manifest.environment} at ${manifest.takenAt.toISOString()}, last migration ${manifest.schemaHead ?? "none"}`,
      `replaces databases ${[database, ...(cluster?.databases ?? [])].join(", ")}`,
      `replaces roles ${(cluster?.roles ?? []).join(", ")}, with their passwords; the next apply brings them to what the files say`,
      ...(sessions.length === 0
        ? []
        : [`stops the server and ends: ${sessions.map((one) => `${one.application} (${one.count})`).join(", ")}`]),
    ],
    desired,
    tools: { on: "files", major: majorOf(manifest.serverVersion) },
    candidate,
    deleteData,
  };
}

/** Why it cannot become this server's data; undefined: as far as can be told without starting it, it can. */
export function unfitCopy(
  { path, manifest }: Copy,
  { sealKey, environment }: DesiredBackup,
  { cluster, serverVersion, systemIdentifier }: Pick<ObservedBackup, "cluster" | "serverVersion" | "systemIdentifier">,
): ErrorFacts | undefined {
  const unfit = (why: string, next: string): ErrorFacts => ({ code: "BACKUP_UNFIT", what: `${path} ${why}`, next });
  if (cluster === undefined) {
    return unfit(
      `is a copy of a whole embedded server, and ${environment} has another one`,
      "restore it in the environment that it was taken of, and take a dump there with pg_dump",
    );
  }
  const [of, here] = [majorOf(manifest.serverVersion), majorOf(serverVersion)];
  if (of !== here) {
    return unfit(
      `is a copy of the files of PostgreSQL ${of}, which PostgreSQL ${here} cannot read`,
      "use a dump: it fits every newer version",
    );
  }
  if (manifest.systemIdentifier !== systemIdentifier) {
    return unfit(
      `is a copy of server ${manifest.systemIdentifier ?? "unknown"}, and this is ${systemIdentifier ?? "unknown"}`,
      "use a copy of this very server, or a dump",
    );
  }
  if (manifest.seal !== sealOf(sealKey, manifest)) {
    return unfit(
      "does not bear the seal of this environment: what is in it would run as the server",
      "use a copy that was taken with this environment's state, or a dump",
    );
  }
  return undefined;
}
