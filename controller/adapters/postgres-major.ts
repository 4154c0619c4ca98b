import { execFileSync } from "node:child_process";

const asked = new Map<string, number | undefined>();

/**
 * Of one of Postgres's programs. Packages have the major version in the folder's name; running a program to ask takes longer
 * than a whole plan, and is done once.
 *
 * @param folder where the program really lies
 * @returns undefined: it does not tell
 */
export function majorOf(program: string, folder: string): number | undefined {
  const [, named] = /\/(?:postgresql|pgsql|postgres)[@/-]?(\d+)\b/i.exec(folder) ?? [];
  if (named !== undefined) return Number(named);
  if (!asked.has(program)) asked.set(program, askMajor(program));
  return asked.get(program);
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
