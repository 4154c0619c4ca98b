import { existsSync, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { BackupPrograms } from "../core/ports/backups.ts";
import { majorOf } from "./postgres-major.ts";

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
    const major = majorIn(folder);
    return major === undefined ? [] : [{ bin: folder, major }];
  });
}

const hasBoth = (folder: string): boolean => ["pg_dump", "pg_restore"].every((name) => existsSync(join(folder, name)));

/** Debian's is a script that chooses a version: it lies elsewhere, and is asked. */
const majorIn = (folder: string): number | undefined => {
  const program = join(folder, "pg_dump");
  return majorOf(program, dirname(realpathSync(program)));
};

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
