import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { BackupPrograms } from "../core/ports/backups.ts";

/** Where packages put the programs of several major versions beside each other: `<folder>/<major><rest>`. */
const usual: readonly (readonly [parent: string, name: RegExp, rest: string])[] = [
  ["/usr/lib/postgresql", /^(\d+)$/, "bin"], // Debian, Ubuntu
  ["/usr", /^pgsql-(\d+)$/, "bin"], // Red Hat, from postgresql.org
  ["/usr/libexec", /^postgresql(\d+)$/, ""], // Alpine
  ["/opt/homebrew/opt", /^postgresql@(\d+)$/, "bin"],
  ["/usr/local/opt", /^postgresql@(\d+)$/, "bin"],
  ["/Applications/Postgres.app/Contents/Versions", /^(\d+)$/, "bin"],
];

/**
 * Programs for a server of this major version. pg_dump refuses a newer server than itself, and writes what pg_restore of
 * its own version reads (manual: pg_dump, Notes): so the very version comes first, then the next newer one.
 */
export function backupPrograms(major: number, path: string): BackupPrograms | undefined {
  const packaged = inUsualPlaces();
  // Those in PATH may have to be run to be known.
  const same = packaged.find((one) => one.major === major);
  if (same !== undefined) return same;
  return [...packaged, ...inPath(path)].filter((one) => one.major >= major).sort((a, b) => a.major - b.major)[0];
}

function inUsualPlaces(): readonly BackupPrograms[] {
  return usual.flatMap(([parent, name, rest]) =>
    namesIn(parent).flatMap((entry) => {
      const [, major] = name.exec(entry) ?? [];
      const bin = join(parent, entry, rest);
      return major !== undefined && hasBoth(bin) ? [{ bin, major: Number(major) }] : [];
    }),
  );
}

function inPath(path: string): readonly BackupPrograms[] {
  return path.split(delimiter).flatMap((folder) => {
    if (!folder.startsWith("/") || !hasBoth(folder)) return [];
    const major = majorOf(folder);
    return major === undefined ? [] : [{ bin: folder, major }];
  });
}

const hasBoth = (folder: string): boolean => ["pg_dump", "pg_restore"].every((name) => existsSync(join(folder, name)));

const asked = new Map<string, number | undefined>();

/** By the folder where it really lies, else by asking it. Debian's is a script that chooses a version: it is asked. */
function majorOf(folder: string): number | undefined {
  const [, named] =
    /\/(?:postgresql|pgsql|postgres)[@/-]?(\d+)\b/i.exec(dirname(realpathSync(join(folder, "pg_dump")))) ?? [];
  if (named !== undefined) return Number(named);
  if (!asked.has(folder)) asked.set(folder, askMajor(join(folder, "pg_dump")));
  return asked.get(folder);
}

function askMajor(program: string): number | undefined {
  try {
    const text = execFileSync(program, ["--version"], {
      encoding: "utf8",
      timeout: 5_000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [, major] = /\(PostgreSQL\) (\d+)/.exec(text) ?? [];
    return major === undefined ? undefined : Number(major);
  } catch {
    return undefined; // A program that cannot tell its version is none that we start.
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
