import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { isIP, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import type { PortHolder } from "../core/ports/host.ts";

interface Listener {
  readonly address: string;
  readonly uid: number;
  readonly inode: string;
}

/**
 * Who listens on a port of this machine; undefined: nobody, or the host is not this machine. A program that listens on
 * all addresses holds the port of each, and whoever wants all addresses is in the way of each.
 */
export async function portHolder(host: string, port: number, signal: AbortSignal): Promise<PortHolder | undefined> {
  const addresses = localAddresses(host);
  if (addresses.length === 0) return undefined;
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(readOrNothing);
  if (tables.every((table) => table === undefined)) return await holderByConnecting(addresses, port, signal);

  const wanted = new Set(addresses.map(hexAddress));
  const isWanted = ({ address }: Listener): boolean =>
    isWildcard(address) || wanted.has(address) || [...wanted].some((one) => isWildcard(one));
  const listener = tables.flatMap((table) => listenersOn(table ?? "", port)).find(isWanted);
  return listener === undefined ? undefined : describe(listener);
}

/** The program's name as `ps` would show it: `node`, `nginx`. Undefined once it is gone. */
function programName(pid: number): string | undefined {
  const [path = ""] = (readOrNothing(`/proc/${pid}/cmdline`) ?? "").split(/[\0 ]/, 1);
  // A server that renames itself writes `nginx: master process`; a kernel thread has no command line at all.
  const name = basename(path).replace(/:$/, "");
  return name === "" ? readOrNothing(`/proc/${pid}/comm`)?.trim() : name;
}

function describe({ uid, inode }: Listener): PortHolder {
  const pid = ownerOfSocket(inode);
  if (pid === undefined) return { text: `a program of user ${uid}` };
  return { pid, text: `${programName(pid) ?? "a program"} (pid ${pid})` };
}

/**
 * Rows of /proc/net/tcp (proc_pid_net(5)): local address and port in hex, state 0A is LISTEN, then the user and the
 * socket's inode.
 */
function listenersOn(table: string, port: number): readonly Listener[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const [, local = "", , state, , , , uid, , inode = ""] = columns;
    if (state !== "0A" || !local.endsWith(ending)) return [];
    return [{ address: withoutMapping(local.slice(0, -ending.length)), uid: Number(uid), inode }];
  });
}

function ownerOfSocket(inode: string): number | undefined {
  const target = `socket:[${inode}]`;
  for (const pid of namesIn("/proc").filter((name) => /^\d+$/.test(name))) {
    const folder = `/proc/${pid}/fd`;
    if (namesIn(folder).some((descriptor) => linkOf(`${folder}/${descriptor}`) === target)) return Number(pid);
  }
  return undefined;
}

/** The addresses that a name stands for when it is this machine. Other names would need DNS, which is not asked here. */
function localAddresses(host: string): readonly string[] {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (bare === "localhost" || bare.endsWith(".localhost")) return ["127.0.0.1", "::1"];
  if (isIP(bare) === 0) return [];
  const own = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  const isLocal = bare.startsWith("127.") || ["0.0.0.0", "::", "::1", ...own].includes(bare);
  return isLocal ? [bare] : [];
}

const mappedPrefix = "0000000000000000FFFF0000";

/** As the kernel prints it: 32-bit words, each in the machine's byte order, which is little-endian wherever Node runs. */
function hexAddress(address: string): string {
  const bytes = isIPv4(address) ? address.split(".").map(Number) : bytesOfIPv6(address);
  const words: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4).toReversed();
    words.push(word.map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  }
  return words.join("").toUpperCase();
}

function bytesOfIPv6(address: string): readonly number[] {
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const before = groupsIn(head);
  const after = groupsIn(tail ?? "");
  const all = [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0"), ...after];
  return all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}

const groupsIn = (text: string): readonly string[] => text.split(":").filter((group) => group !== "");
const withoutMapping = (hex: string): string => (hex.startsWith(mappedPrefix) ? hex.slice(mappedPrefix.length) : hex);
const isWildcard = (hex: string): boolean => /^0+$/.test(hex);

/** Where the system has no table to read: whoever accepts a connection is somebody. */
async function holderByConnecting(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<PortHolder | undefined> {
  const { accepts } = await import("./host/probe.ts");
  for (const address of addresses) {
    const reachable = address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address;
    if (await accepts(reachable, port, signal)) return { text: "another program" };
  }
  return undefined;
}

// What /proc shows may be gone, or forbidden to this user, by the time it is read: that is an answer, not an error.
function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
