import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { Missing } from "./case.ts";
import { temporaryFolder } from "./server.ts";

/** For npm, in milliseconds: 50 MB at the pace of a slow line. */
const limitMs = 180_000;

const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"];

/**
 * Packages in a folder that goes with this process. Nothing that a race needs is a dependency of the project: the lock
 * would have to hold every platform's package.
 *
 * @returns the folder that holds `node_modules`
 * @throws Missing with npm's reason
 */
export function npmInstalled(packages: readonly string[]): string {
  const folder = temporaryFolder();
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  console.error(`  npm install ${packages.join(" ")}, for this run`);
  const { status, stderr, error } = spawnSync("npm", ["install", "--prefix", folder, ...quiet, ...packages], {
    cwd: folder,
    encoding: "utf8",
    timeout: limitMs,
  });
  if (status === 0) return folder;
  throw new Missing(
    `npm cannot install ${packages.join(", ")}: ${error?.message ?? stderr.trim().split("\n")[0] ?? ""}`,
  );
}
