import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import { PoststackError } from "../core/errors.ts";
import { nameOfUser } from "./name-of-user.ts";

/**
 * For a state that is there, and that this user may not read: nothing is lost, and nothing need be moved away.
 *
 * @param code what the system said: `EACCES`
 * @param uid of this process
 */
export function stateUnreadable(file: string, code: string, uid = process.geteuid?.()): PoststackError {
  const owner = ownerOf(file);
  const who = nameOfUser(owner) ?? `user ${owner}`;
  return new PoststackError("FILE_UNREADABLE", {
    what: `${file} may not be read by this user (${code}); it belongs to ${who}`,
    next:
      owner === uid
        ? `let its owner read it again: chmod 600 ${file}, and 700 for the folders above`
        : `run Poststack as ${who}: an environment is one user's`,
  });
}

/** Of the file, or of the first folder above it that this user may look into. */
function ownerOf(path: string): number {
  try {
    return lstatSync(path).uid;
  } catch (error) {
    const above = dirname(path);
    if (above === path) throw error;
    return ownerOf(above);
  }
}
