import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

type Command = readonly [string, ...string[]];

/**
 * A bridge with addresses of its own, and a way out for what is on it: the few rules that an engine would set, and no
 * chain that another one shares. How to take it all back lies in the engine's folder, for a run that is killed.
 *
 * @param block the first two numbers of its addresses: `10.211`
 * @returns takes it back
 */
export function openNet(folder: string, bridge: string, block: string): () => void {
  const all = `${block}.0.0/16`;
  const rules: readonly Command[] = [
    ["POSTROUTING", "-t", "nat", "-s", all, "!", "-d", all, "-j", "MASQUERADE"],
    ["FORWARD", "-s", all, "-j", "ACCEPT"],
    ["FORWARD", "-d", all, "-j", "ACCEPT"],
  ];
  const undo: readonly Command[] = [
    ["ip", "link", "delete", bridge],
    ...rules.map((rule): Command => ["iptables", "-w", "-D", ...rule]),
  ];
  writeFileSync(join(folder, "net.json"), JSON.stringify(undo));
  run(["ip", "link", "add", "name", bridge, "type", "bridge"]);
  run(["ip", "address", "add", `${block}.0.1/24`, "dev", bridge]);
  run(["ip", "link", "set", bridge, "up"]);
  for (const rule of rules) run(["iptables", "-w", "-I", ...rule]);
  return () => undo.forEach(run);
}

/** Takes back what an engine of this folder had, whose run was killed. */
export function closeLeftNet(folder: string): void {
  let undo: readonly Command[];
  try {
    undo = JSON.parse(readFileSync(join(folder, "net.json"), "utf8")) as readonly Command[];
  } catch {
    return;
  }
  undo.forEach(run);
}

const run = ([program, ...args]: Command): void => void spawnSync(program, args);

/** N of a 10.N.0.0/16 that nobody has here: 172.16/12 and 192.168/16 are where other engines and homes take theirs. */
export function freeBlock(): number {
  const taken = spawnSync("ip", ["-4", "address"], { encoding: "utf8" }).stdout;
  const all = Array.from({ length: 50 }, (_, index) => 200 + ((process.pid + index) % 50));
  return all.find((block) => !taken.includes(` 10.${block}.`)) ?? 200;
}
