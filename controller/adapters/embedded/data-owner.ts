import { readFileSync, readlinkSync, realpathSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import { writeAtomically } from "../atomic-file.ts";
import { leftovers } from "../temporary-name.ts";
import { dataMajor } from "./control-file.ts";
import type { Layout } from "./layout.ts";

/**
 * Data outside the project is reached by a link, and a copy of the project has the link, too. So a file beside the data
 * tells whose it is: the real path of one state directory.
 */
const pointerBeside = (data: string): string => join(dirname(data), "state-directory");

/**
 * Whoever moved with the link takes the data along. What cannot be written is written by a later look: no plan fails for it.
 *
 * @throws PoststackError `NAME_TAKEN`: another state directory, which is still there, has the data
 */
export function checkDataIsOurs(layout: Layout): void {
  const { link, data } = layout;
  if (data === link) return;
  const directory = dirname(link);
  const named = readPointer(data);
  if (named === directory || isSame(named, directory)) return;
  if (named !== undefined && linksTo(join(named, "postgres"), data)) throw foreign(data, named, directory);
  if (dataMajor(data) === undefined) return;
  try {
    pointToUs(layout);
  } catch {
    // A disk that is full or read-only, another user than root.
  }
}

/** Before the data is made: none is ever without its owner. */
export function pointToUs({ link, data }: Layout): void {
  if (data !== link) writeAtomically(pointerBeside(data), `${realpathSync(dirname(link))}\n`);
}

export function removePointer({ link, data }: Layout): void {
  if (data === link) return;
  const pointer = pointerBeside(data);
  for (const path of [pointer, ...leftovers(pointer)]) rmSync(path, { force: true });
}

function readPointer(data: string): string | undefined {
  try {
    return readFileSync(pointerBeside(data), "utf8").replace(/\n$/, "");
  } catch {
    return undefined;
  }
}

/** One directory can have several names, by links and mounts. */
function isSame(a: string | undefined, b: string): boolean {
  try {
    const [one, other] = [statSync(a ?? ""), statSync(b)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false;
  }
}

function linksTo(link: string, data: string): boolean {
  try {
    return readlinkSync(link) === data;
  } catch {
    return false;
  }
}

const foreign = (data: string, owner: string, directory: string): PoststackError =>
  new PoststackError("NAME_TAKEN", {
    what: `the data in ${data} belongs to ${owner}, and ${directory} is a copy of that`,
    next: `to begin anew here, delete ${directory}; to go on here with that data, delete ${join(owner, "postgres")}, which is only a link`,
  });
