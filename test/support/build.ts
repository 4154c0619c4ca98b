import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** The bundle that command-line tests run, made from the sources as they are now. */
export function buildOnce(): void {
  execFileSync(process.execPath, [".build/bundle.mjs"], { cwd: projectRoot, stdio: ["ignore", "inherit", "inherit"] });
}
