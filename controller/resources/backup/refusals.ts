import type { ErrorFacts } from "../../core/errors.ts";
import type { BackupAction, Candidate, DesiredBackup, ObservedBackup } from "./model.ts";

/** Named for the database: one refusal stands for all that cannot be done. */
export const refuse = (desired: DesiredBackup, error: ErrorFacts): BackupAction => ({
  kind: "backup",
  verb: "refuse",
  id: desired.id,
  dependsOn: [],
  reason: error.what,
  hazards: [],
  place: desired.place,
  error: { where: desired.place, ...error },
});

/** A database that is not ours is nobody's to copy from or to take the place of. */
export const noDatabase = ({ endpoint, environment }: DesiredBackup, { database }: ObservedBackup): ErrorFacts =>
  database === "absent"
    ? {
        code: "BACKUP_FAILED",
        what: `there is no database ${endpoint.database} yet`,
        next: `run \`poststack apply ${environment}\` first`,
      }
    : {
        code: "NAME_TAKEN",
        what: `database "${endpoint.database}" exists and is not this environment's`,
        next: `see what \`poststack plan ${environment}\` says of it`,
      };

/** @param besides why it cannot be done without them either: ` and …` */
export const noTools = ({ serverVersion }: ObservedBackup, besides = ""): ErrorFacts => {
  const major = majorOf(serverVersion);
  return {
    code: "BACKUP_TOOLS",
    what: `no pg_dump and pg_restore of version ${major} or newer were found on this machine${besides}`,
    next: `install them: Debian and Ubuntu: postgresql-client-${major}; macOS: brew install postgresql@${major}`,
  };
};

export const fileExists = (path: string): ErrorFacts => ({
  code: "FILE_EXISTS",
  what: `${path} is there already`,
  next: "give another name, or move it away",
});

export const majorOf = (version: number): number => Math.floor(version / 10_000);

/** Why the file cannot go into this server; undefined: as far as can be told beforehand it can. */
export function unfit({ path, manifest }: Candidate, { serverVersion, tools }: ObservedBackup): ErrorFacts | undefined {
  if (manifest === undefined) return undefined;
  if (majorOf(manifest.serverVersion) > majorOf(serverVersion)) {
    return {
      code: "BACKUP_UNFIT",
      what: `${path} comes from PostgreSQL ${majorOf(manifest.serverVersion)}, the server is ${majorOf(serverVersion)}`,
      next: "restore it into a server of that version or a newer one",
    };
  }
  if (tools?.on === "machine" && manifest.toolMajor > tools.major) {
    return {
      code: "BACKUP_TOOLS",
      what: `${path} was written by pg_dump ${manifest.toolMajor}, and pg_restore here is of version ${tools.major}`,
      next: `install the client programs of PostgreSQL ${manifest.toolMajor}`,
    };
  }
  return undefined;
}
