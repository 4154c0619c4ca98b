import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { engineFolder, serve, type Daemon } from "./daemon.ts";
import { freeBlock } from "./net.ts";
import { install } from "./packages.ts";
import { hasOtherRoot, inOtherRoot } from "./root.ts";

/**
 * A private Podman. The default of crun wants one kind of cgroups and systemd; hosts with both kinds, and containers
 * without systemd, need what stands here. Limits above this process's own may not be set everywhere.
 */
export async function startPodman(): Promise<Daemon> {
  install(["iptables", "busybox", ...(hasOtherRoot ? [] : ["podman", "runc", "catatonit"])]);
  if (process.getuid?.() !== 0) throw new Error("not root: this Podman needs it");
  const folder = engineFolder();
  const configuration = join(folder, "containers.conf");
  const networks = join(folder, "networks");
  mkdirSync(networks);
  const limits = `"nofile=${limit("Max open files", 65_535)}", "nproc=${limit("Max processes", mostProcesses())}"`;
  const backend = existsSync(inOtherRoot("/usr/lib/podman/netavark"))
    ? ["[network]", `network_backend = "netavark"`, ...ownNetwork()]
    : [];
  writeFileSync(
    configuration,
    [
      ...["[containers]", `default_ulimits = [${limits}]`],
      ...["[engine]", `runtime = "runc"`, `cgroup_manager = "cgroupfs"`, `events_logger = "file"`],
      `init_path = "/usr/bin/catatonit"`,
      // Seconds that what watches over a finished exec stays; five minutes by itself.
      "exit_command_delay = 1",
      ...backend,
    ].join("\n"),
  );
  const environment = { CONTAINERS_CONF: configuration };
  const podman = [
    ...(["podman", "--root", join(folder, "data"), "--runroot", join(folder, "run")] as const),
    ...["--tmpdir", join(folder, "tmp"), "--network-config-dir", networks],
  ] as const;
  return await serve(
    folder,
    [...podman, "system", "service", "--time=0", `unix://${join(folder, "engine.sock")}`],
    environment,
    (run) => {
      run([...podman, "rm", "--all", "--force", "--time", "0"]);
      run([...podman, "network", "prune", "--force"]);
    },
  );
}

/**
 * A network has its name server at its gateway, which is an address of the machine. Podmans of one root file system share
 * the server; one of another root starts its own, so its networks need other addresses. And the newer ones' own tables of
 * nftables let nothing through what the machine's iptables drop, as they do where a Docker has run.
 */
const ownNetwork = (): readonly string[] =>
  hasOtherRoot
    ? [`firewall_driver = "iptables"`, `default_subnet_pools = [{ base = "10.${freeBlock()}.0.0/17", size = 24 }]`]
    : [];

/** Podman takes this for its own limit, whatever it was started with. */
const mostProcesses = (): number => Number(readFileSync("/proc/sys/kernel/pid_max", "utf8"));

/** The hard limit of this process, or less. */
function limit(name: string, most: number): string {
  const line = readFileSync("/proc/self/limits", "utf8")
    .split("\n")
    .find((text) => text.startsWith(name));
  const own = Number(line?.slice(name.length).trim().split(/\s+/)[1] ?? most);
  const value = Math.min(Number.isFinite(own) ? own : most, most);
  return `${value}:${value}`;
}
