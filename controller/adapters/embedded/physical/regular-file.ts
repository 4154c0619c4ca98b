import { constants, promises } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { PoststackError, type ErrorCode } from "../../../core/errors.ts";
import { hasCode, type Owner } from "../../atomic-file.ts";
import { mayRead, type ServerUser } from "../server-user.ts";

// Where Poststack is root, the server's user owns the folders that are read and written here, and whoever may run programs
// in the database is that user: any name may be a link or a pipe, and become one at any moment.

/** What is there is not a file that the server's user could read by itself. */
class NotRegular extends Error {}

const readOnly = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens what is an ordinary file at that moment. Of a folder on the way to it that was exchanged for a link nothing is
 * known; but what opens is no more than the server's user may read anyway.
 *
 * @param user undefined: this process is not root, and may itself read no more
 * @throws NotRegular; the system's error
 */
export async function openRegular(path: string, user: ServerUser): Promise<FileHandle> {
  const handle = await promises.open(path, readOnly).catch((error: unknown) => {
    throw hasCode(error, "ELOOP") ? new NotRegular("it is a link") : error;
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new NotRegular("it is not a regular file");
    if (user !== undefined && !mayRead(stats, user)) throw new NotRegular("the server's user may not read it");
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Makes a file that was not there; a link in its place is not followed. @throws the system's error */
export async function newFile(path: string, owner: Owner | undefined): Promise<FileHandle> {
  const handle = await promises.open(path, "wx", 0o600);
  try {
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Of a file or folder of the server's data: what the system's error means, or why it was not opened. Others unchanged. */
export function unreadable(code: ErrorCode, path: string, error: unknown): unknown {
  const why = error instanceof NotRegular ? error.message : (error as NodeJS.ErrnoException).code;
  if (why === undefined || error instanceof PoststackError) return error;
  return new PoststackError(
    code,
    {
      what: `${path} cannot be read: ${why}`,
      next: "see what it is and whose, make it a file that the server's user can read or move it out of the data directory, and run the command again",
    },
    { cause: error },
  );
}
