import { statfsSync, statSync, type Stats } from "node:fs";
import type { Stamp } from "../core/ports/files.ts";

/**
 * File systems of Linux on which a file cannot be changed without another change time, and whose every change on this
 * machine is seen by the next stat(2). Not among them, on purpose: NFS, SMB, 9p and FUSE, which answer stat from a memory
 * of up to a minute while another machine writes (nfs(5): acregmax), and FAT and exFAT, where the change time is the
 * modification time, which anyone can set. Numbers: statfs(2).
 */
const truthful: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0xf2f52010, // f2fs
  0x01021994, // tmpfs
  // A container's root. Where its layers are of several file systems, files have other devices than their folder, and
  // no stamp (Documentation/filesystems/overlayfs.rst, "Inode properties").
  0x794c7630,
]);

/** The device of a folder whose files can be known again by their stat; undefined: they have to be read. */
export function stampedDevice(folder: string): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return truthful.has(statfsSync(folder).type) ? statSync(folder).dev : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Numbers, not bigints, which cost a third more of a look at ten thousand files.
 *
 * @param device of its folder: what is mounted over a single file is of another one, and was not looked at
 */
export function stampOf(stats: Stats, device: number | undefined): Stamp | undefined {
  // An inode that a number cannot hold would be equal to its neighbours.
  const isExact = Number.isSafeInteger(stats.ino) && Number.isSafeInteger(stats.dev);
  return device !== undefined && stats.dev === device && stats.isFile() && isExact ? stats : undefined;
}
