import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** The bundle that command-line tests run, made from the sources as they are now. */
export function buildOnce(): void {
  const built = spawnSync(process.execPath, [".build/bundle.mjs"], { cwd: projectRoot, encoding: "utf8" });
  // In the middle of a change the rest can still be tested; the command-line tests then run the last bundle that built.
  if (built.status !== 0) console.warn(`THE BUNDLE DOES NOT BUILD\n${built.stderr.slice(0, 500)}`);
  if (built.status !== 0 && process.env.CI === "true") throw new Error("the bundle does not build");
}
