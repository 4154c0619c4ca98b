import { closeSync, constants, existsSync, openSync, readdirSync, rmdirSync, rmSync, unlinkSync } from "node:fs";
import { hasCode } from "./atomic-file.ts";

/** How often somebody may put another thing in the place of what is being removed, or add to it. */
const tries = 100;

/**
 * Removes a folder with all that is in it, and follows nothing, whoever owns what is in there and changes it meanwhile.
 *
 * Node's own rmSync asks what a path is and then goes by the path once more (lib/internal/fs/rimraf.js): a folder that its
 * owner replaces by a link in between is emptied where that leads, with the rights of whoever removes, and that may be root.
 * Node has no openat(2) and unlinkat(2); names below a descriptor in /proc are the same (proc(5): /proc/pid/fd). Where there
 * is no /proc, rmSync does what it can.
 *
 * @param path its parent belongs to nobody who is not trusted; nothing there is success
 * @throws Error of the system: `ENOTEMPTY` where somebody adds to it, `EACCES`, `EBUSY`
 */
export function removeTree(path: string): void {
  if (existsSync("/proc/self/fd")) removeEntry(path);
  else rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

function removeEntry(path: string | Buffer): void {
  for (let attempt = 1; ; attempt++) {
    try {
      if (!unlinked(path)) removeFolder(path);
      return;
    } catch (error) {
      if (hasCode(error, "ENOENT")) return;
      // Another thing by now, a file or a link in a folder's place (open(2): ENOTDIR, ELOOP); or there is more in it.
      if (attempt >= tries || !["ENOTDIR", "ELOOP", "ENOTEMPTY"].some((code) => hasCode(error, code))) throw error;
    }
  }
}

/** False: it is a folder. */
function unlinked(path: string | Buffer): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, "EISDIR")) return false;
    throw error;
  }
}

function removeFolder(path: string | Buffer): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const folder = Buffer.from(`/proc/self/fd/${descriptor}/`);
    // A name is bytes: one that is no text can be removed, too.
    for (const name of readdirSync(folder, { encoding: "buffer" })) removeEntry(Buffer.concat([folder, name]));
  } finally {
    closeSync(descriptor);
  }
  rmdirSync(path);
}
