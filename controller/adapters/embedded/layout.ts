import { createHash } from "node:crypto";
import { chmodSync, chownSync, lstatSync, mkdirSync, readlinkSync, rmdirSync, statSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import { hasCode, syncPath } from "../atomic-file.ts";
import { isDecided, whereDataIs } from "./physical/exchange.ts";
import { canPass, canReach, serverUser, type ServerUser } from "./server-user.ts";

/** Where one environment's server has its things, and who owns them. docs/decisions/0002 tells why. */
export interface Layout {
  /** `.poststack/<environment>/postgres`: the data, or the link to it. */
  readonly link: string;
  /** The data directory itself. */
  readonly data: string;
  readonly socketDirectory: string;
  readonly logFile: string;
  readonly user: ServerUser;
}

/** Where root keeps data that lies out of the server's reach in the project. */
const systemRoot = "/var/lib/poststack";

/** Bytes of a socket's path, without the closing zero: 107 on Linux, 103 on macOS (unix(7), sys/un.h). */
const socketPathLimit = process.platform === "darwin" ? 103 : 107;
const longestSocketName = "/.s.PGSQL.65535".length;

/**
 * Reads only. `directory` is the environment's state directory.
 *
 * @throws PoststackError `NAME_TAKEN`: the link leads to where Poststack keeps no data
 */
export function layoutOf(directory: string): Layout {
  const link = join(directory, "postgres");
  // Between the two renames of a restore the data is on its way to this place, and may be out of a new one's reach.
  const data = linkTarget(link) ?? (isThere(link) || isDecided(link) ? link : homeOfNewData(directory, link));
  const user = serverUser(whereDataIs(data));
  return { link, data, socketDirectory: socketDirectoryOf(data), logFile: join(directory, "postgres.log"), user };
}

/** Everywhere that the environment's data may lie: root's is reached by a link, which may be lost with the state. */
export const dataPlaces = (directory: string): readonly string[] => [
  join(directory, "postgres"),
  systemDataDirectory(hashOf(dirname(directory)), directory),
];

/** Makes the folders above the data, such that the server's user reaches it and nobody else does. */
export function prepareFolders({ link, data, user }: Layout): void {
  const directory = dirname(link);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (data === link) {
    for (const folder of [dirname(directory), directory]) openFor(folder, user);
    return;
  }
  makeFolder(systemRoot, 0o711);
  for (const folder of [dirname(dirname(data)), dirname(data)]) {
    makeFolder(folder, 0o700);
    openFor(folder, user);
  }
  linkTo(data, link);
}

/** The socket's folder exists and belongs to the server's user alone. */
export function prepareSocketDirectory({ socketDirectory, user }: Layout): void {
  try {
    mkdirSync(socketDirectory, { mode: 0o700 });
    if (user !== undefined) chownSync(socketDirectory, user.uid, user.gid);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
  const { uid, mode } = lstatSync(socketDirectory);
  const isOurs = lstatSync(socketDirectory).isDirectory() && uid === (user?.uid ?? process.getuid?.());
  // Others may write beside it in the system's temporary directory: what is there may not be what we made.
  if (!isOurs) {
    throw new PoststackError("NAME_TAKEN", {
      what: `${socketDirectory}, meant for the server's socket, belongs to somebody else`,
      next: `remove ${socketDirectory} and apply again`,
    });
  }
  if ((mode & 0o077) !== 0) chmodSync(socketDirectory, 0o700);
}

/** The folders of {@link prepareFolders} that nothing else uses. */
export function removeFolders({ link, data }: Layout): void {
  if (data === link) return;
  for (const folder of [dirname(data), dirname(dirname(data))]) {
    try {
      rmdirSync(folder);
    } catch {
      return; // Another environment's data is in it.
    }
  }
}

/** The project's own state directory, unless root's server could not get there. */
function homeOfNewData(directory: string, link: string): string {
  const user = serverUser(link);
  const root = dirname(directory);
  // What is above `.poststack` is not ours to open.
  const isReachable = canReach(dirname(root), user) && [root, directory].every((folder) => canBeOpened(folder, user));
  return isReachable ? link : systemDataDirectory(hashOf(root), directory);
}

const hashOf = (root: string): string => createHash("sha256").update(root).digest("hex").slice(0, 16);

const systemDataDirectory = (hash: string, directory: string): string =>
  join(systemRoot, hash, basename(directory), "postgres");

/** A folder that others use already keeps its group and mode, whatever it is. */
const canBeOpened = (folder: string, user: ServerUser): boolean =>
  user === undefined || !isThere(folder) || canPass(folder, user) || isPrivate(folder);

const isPrivate = (folder: string): boolean => {
  const stats = lstatSync(folder);
  return stats.isDirectory() && (stats.mode & 0o077) === 0;
};

/** Through the group: the folder keeps its owner, the server's user may pass it, all others stay out. */
function openFor(folder: string, user: ServerUser): void {
  if (user === undefined || canPass(folder, user) || !isPrivate(folder)) return;
  chownSync(folder, statSync(folder).uid, user.gid);
  chmodSync(folder, 0o710);
}

/** With this very mode, whatever the process's umask says; a folder that is there stays as it is. */
function makeFolder(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { mode });
    chmodSync(folder, mode);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
}

/**
 * A project can bring a link along; following it anywhere would start, or delete, what is not ours. So the path is made
 * anew from the parts that may vary.
 */
function linkTarget(link: string): string | undefined {
  if (!isLink(link)) return undefined;
  const target = readlinkSync(link);
  const [, hash, environment] = /^\/var\/lib\/poststack\/([0-9a-f]{16})\/([^/]+)\/postgres$/.exec(target) ?? [];
  if (hash !== undefined && environment !== undefined && ![".", ".."].includes(environment)) {
    return systemDataDirectory(hash, environment);
  }
  throw new PoststackError("NAME_TAKEN", {
    what: `${link} is a link to ${target}, where Poststack keeps no data`,
    next: "remove the link; to keep the data elsewhere, move the state directory with POSTSTACK_STATE_DIR",
  });
}

function linkTo(data: string, link: string): void {
  try {
    symlinkSync(data, link);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
  syncPath(dirname(link));
}

function socketDirectoryOf(data: string): string {
  const beside = join(dirname(data), "socket");
  if (Buffer.byteLength(beside) + longestSocketName <= socketPathLimit && !/\p{Cc}/u.test(beside)) return beside;
  // Not os.tmpdir(): the place may not depend on the environment of the one who asks.
  return join("/tmp", `poststack-${createHash("sha256").update(data).digest("hex").slice(0, 16)}`);
}

const isLink = (path: string): boolean => statOf(path)?.isSymbolicLink() === true;
const isThere = (path: string): boolean => statOf(path) !== undefined;

function statOf(path: string): ReturnType<typeof lstatSync> | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
