import { isAbsolute, relative } from "node:path";
import type { ContainerSpec } from "./ports/container-spec.ts";

/**
 * What in a spec lets a container reach the host: `privileged`, `/var/run/docker.sock`, `pid: host`. Folders of the
 * project are not among it.
 *
 * @param paths where its mounts lead besides the places that they name
 */
export function hostAccess(spec: ContainerSpec, root: string, paths: readonly string[] = []): readonly string[] {
  const { security = {}, network, namespaces = {}, mounts, resources = {} } = spec;
  const shared = (["pid", "ipc", "uts", "user", "cgroup"] as const).filter((name) => namespaces[name] === "host");
  const found = [
    ...(security.privileged === true ? ["privileged"] : []),
    ...(network.mode === "host" ? ["network: host"] : []),
    ...shared.map((name) => `${name}: host`),
    ...(security.addCapabilities ?? []).filter((name) => powerful.has(name)).map((name) => `cap_add: ${name}`),
    ...(security.options ?? []).filter((option) =>
      /^(?:seccomp|apparmor|systempaths|label)[=:](?:unconfined|disable)/.test(option),
    ),
    ...(resources.devices ?? []).map(({ hostPath }) => hostPath),
    ...mounts.flatMap((mount) => (mount.type === "bind" && !isInside(root, mount.source) ? [mount.source] : [])),
    ...paths,
  ];
  return [...new Set(found)];
}

/** With one of these a process leaves its container, or reads what is outside of it (capabilities(7)). */
const powerful = new Set([
  "ALL",
  "SYS_ADMIN",
  "SYS_MODULE",
  "SYS_PTRACE",
  "SYS_RAWIO",
  "DAC_READ_SEARCH",
  "NET_ADMIN",
  "BPF",
]);

/** By their names alone: both absolute, or both relative to the same. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith("../") && !isAbsolute(way));
}
