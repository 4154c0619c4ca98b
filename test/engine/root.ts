import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * The root file system of another Debian, whose Docker and Podman the tests are to run on in place of the machine's own:
 * `POSTSTACK_ENGINE_ROOT`. All that an engine keeps stays in its folder on the machine.
 */
const folder = process.env["POSTSTACK_ENGINE_ROOT"] ?? "";

export const hasOtherRoot = folder !== "";

/** Where a file of the engine's programs lies for this process. */
export const inOtherRoot = (path: string): string => `${folder}${path}`;

type Command = readonly [string, ...string[]];

/** Where the programs of one engine are started. */
export interface EngineRoot {
  /** The command, there. What it is started with becomes the program: the pid is the program's. */
  readonly command: (command: Command) => Command;
  close(): void;
}

/**
 * A mount namespace whose root is that file system. Not chroot(8): a command that is run in a container enters its
 * namespace by setns(2), which goes to the root of that, and would stand outside of the container.
 *
 * The namespace lives as long as a process in it, so one waits there for the end of its input: that of this process, too.
 */
export async function openRoot(): Promise<EngineRoot> {
  if (!hasOtherRoot) return { command: (command) => command, close: () => undefined };
  const script = `mount --bind "$0" "$0" && cd "$0" && for path in proc sys dev tmp; do mount --rbind /$path $path || exit; done
    pivot_root . mnt && cd / && umount -l /mnt && echo ready && exec cat`;
  const holder = spawn("unshare", ["--mount", "sh", "-c", script, folder], { stdio: ["pipe", "pipe", "inherit"] });
  const [said] = (await Promise.race([once(holder.stdout, "data"), once(holder, "exit")])) as readonly unknown[];
  if (String(said) !== "ready\n") throw new Error(`${folder} cannot be the root of an engine`);
  holder.stdout.destroy();
  return {
    command: (command) => ["nsenter", `--mount=/proc/${holder.pid}/ns/mnt`, ...command],
    close: () => void holder.stdin.end(),
  };
}
