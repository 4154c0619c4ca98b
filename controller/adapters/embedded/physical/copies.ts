import { lchownSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Clock } from "../../../core/ports.ts";
import type { CopyFile } from "../../../core/ports/cluster-copies.ts";
import type { EmbeddedServers, EmbeddedSpec } from "../../../core/ports/embedded.ts";
import { syncPath, unlessUnwritable } from "../../atomic-file.ts";
import { removeTree } from "../../remove-tree.ts";
import { leftovers, temporaryName } from "../../temporary-name.ts";
import { removeLeftovers, type Programs } from "../cluster.ts";
import type { Layout } from "../layout.ts";
import type { ServerUser } from "../server-user.ts";
import { exchange, isDecided, settleExchange } from "./exchange.ts";
import { newFile, openRegular, unreadable } from "./regular-file.ts";

/** What copies need of the environment's server. */
interface Own {
  /** The present place, for every use anew. */
  readonly layout: () => Layout;
  readonly programs: (spec: EmbeddedSpec, layout: Layout, signal: AbortSignal) => Promise<Programs>;
  readonly clock: Clock;
}

/**
 * Settings belong to the place, not to the data: those of a copy are never read. What a copy is made to run with is chosen
 * here, and where it becomes the data it gets those of the data before.
 */
const isSettings = (path: string): boolean => /^[^/]+\.conf$/.test(path);

/** @see ClusterCopies in core/ports/cluster-copies.ts */
export const clusterCopies = ({ layout, programs, clock }: Own): EmbeddedServers["copies"] => ({
  // Streams and archives are loaded where there is a copy to be made or read: a look has none.
  async pack(file, stop, signal) {
    const { packCluster } = await import("./pack.ts");
    return packCluster(layout(), file, stop, signal);
  },

  async check(file, signal) {
    const { readCopy } = await import("./unpack.ts");
    return readCopy(file, undefined, signal);
  },

  leftovers: () =>
    leftIn(layout().data)
      .map((path) => basename(path))
      .sort(),

  async removeLeftovers(signal) {
    const { data } = layout();
    if (leftIn(data).length > 0) await removeLeftovers(data, clock, signal);
  },

  async open(spec, file, isLasting, signal, run) {
    const { inSingleUserMode } = await import("./single-user.ts");
    settleExchange(layout().data);
    const own = layout();
    const { data, user } = own;
    const ready = await programs(spec, own, signal);
    await removeLeftovers(data, clock, signal);
    const folder = temporaryName(data);
    try {
      await unpackInto(folder, file, own, signal);
      return await run({
        ask: async (database, statements) =>
          JSON.parse(await inSingleUserMode({ folder, database, isLasting }, statements, ready, user, signal)),
        async takePlace(ending) {
          await takeSettings(data, folder, user);
          const outgoing = `${data}.${ending}`;
          exchange(data, folder, outgoing);
          return outgoing;
        },
      });
    } finally {
      // One that is to become the data is no longer ours to remove.
      if (!isDecided(data)) removeTree(folder);
    }
  },

  removeReplaced(path) {
    const { data } = layout();
    if (replacedBeside(data).includes(path)) removeTree(path);
  },
});

/** None of them is on its way into the data's place. */
const leftIn = (data: string): readonly string[] => (isDecided(data) ? [] : leftovers(data));

/** What restores have put aside. */
export function replacedBeside(data: string): readonly string[] {
  const start = `${basename(data)}.before_`;
  const folder = dirname(data);
  const names = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder) : [];
  return names.filter((name) => name.startsWith(start)).map((name) => join(folder, name));
}

/** Until all is in it nobody but us may enter the folder, so nobody has planted anything where we write. */
async function unpackInto(folder: string, file: CopyFile, { data, user }: Layout, signal: AbortSignal): Promise<void> {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    throw unlessUnwritable(error, folder);
  }
  const { readCopy } = await import("./unpack.ts");
  await readCopy(file, { folder, owner: user, isLeftOut: isSettings }, signal);
  // A server asks for the one, also where nothing is in it; by the other it begins a timeline of its own.
  for (const name of ["postgresql.conf", "recovery.signal"]) await ownFile(join(folder, name), "", user);
  await takeTimelines(data, folder, user);
  if (user !== undefined) lchownSync(folder, user.uid, user.gid);
}

/**
 * The copy's log goes on where the data's did, with other words: an archive could not tell the two apart. So it gets a number
 * that the data has not had either (manual: 26.3.6, Timelines).
 */
async function takeTimelines(data: string, folder: string, user: ServerUser): Promise<void> {
  for (const name of readdirSync(join(data, "pg_wal"))) {
    if (!/^[0-9A-F]{8}\.history$/.test(name)) continue;
    await ownFile(join(folder, "pg_wal", name), await contentOf(join(data, "pg_wal", name), user), user);
  }
}

/** A file of the data, whatever somebody has made of it. @throws PoststackError `FILE_UNREADABLE` */
async function contentOf(path: string, user: ServerUser): Promise<Buffer> {
  try {
    const handle = await openRegular(path, user);
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable("FILE_UNREADABLE", path, error);
  }
}

/** A new one, and on the disk. */
async function ownFile(path: string, content: string | Buffer, user: ServerUser): Promise<void> {
  try {
    const handle = await newFile(path, user);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unlessUnwritable(error, path);
  }
}

/** On the disk, all of it: Postgres has synced the rest before it recovered (manual: recovery_init_sync_method). */
async function takeSettings(data: string, folder: string, user: ServerUser): Promise<void> {
  try {
    for (const name of readdirSync(folder).filter(isSettings)) rmSync(join(folder, name));
    for (const name of readdirSync(data).filter(isSettings)) {
      await ownFile(join(folder, name), await contentOf(join(data, name), user), user);
    }
    syncPath(folder);
  } catch (error) {
    throw unlessUnwritable(error, folder);
  }
}
