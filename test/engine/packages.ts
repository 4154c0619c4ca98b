import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Programs that a real engine needs here, and the packages of Debian that have them. */
const packages: Readonly<Record<string, string>> = {
  dockerd: "docker.io",
  podman: "podman",
  runc: "runc",
  busybox: "busybox-static",
  mmdebstrap: "mmdebstrap",
  catatonit: "catatonit",
  ip: "iproute2",
  iptables: "iptables",
  docker: "docker.io",
  ssh: "openssh-client",
  sshd: "openssh-server",
  pgpool: "pgpool2",
};

const has = (program: string): boolean =>
  ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) =>
    existsSync(`${folder}/${program}`),
  );

/** Names on Podman's own networks are answered by these; they lie outside of the path. */
const hasNames = (): boolean => existsSync("/usr/lib/podman/aardvark-dns");

/**
 * Installs what is missing, on Debian, as root.
 *
 * @throws Error with the reason why there can be no engine here
 */
export function install(programs: readonly string[]): void {
  const missing = programs.filter((program) => !has(program)).map((program) => packages[program] ?? program);
  if (programs.includes("podman") && !hasNames()) missing.push("netavark", "aardvark-dns");
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) throw new Error(`not root, and without ${missing.join(", ")}`);
  if (!has("apt-get")) throw new Error(`no apt-get to install ${missing.join(", ")}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: readonly string[]) => spawnSync("apt-get", args, { env: environment, encoding: "utf8" });
  const wanted = ["install", "-y", "-q", "--no-install-recommends", ...missing];
  // A fresh machine has no lists of packages.
  const installed = apt(...wanted).status === 0 || (apt("update", "-q").status === 0 && apt(...wanted).status === 0);
  if (!installed) throw new Error(`apt-get cannot install ${missing.join(", ")}`);
}
