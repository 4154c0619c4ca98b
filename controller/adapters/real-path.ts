import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * The path without links, as far as it exists: locks, marks and a process's folder are named by it, and one project must
 * not be two because it is reached by a link.
 */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPath(above), basename(path));
  }
}
