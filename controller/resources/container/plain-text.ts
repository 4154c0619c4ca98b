import type { Healthcheck, Mount, PublishedPort } from "../../core/ports/container-spec.ts";
import { unreachable } from "../../core/unreachable.ts";

/** A value of a spec as a person would write it on one line: `8080:80/tcp`, `data:/data`. */
export function plainText(name: string, value: unknown): string {
  if (name === "ports") return (value as readonly PublishedPort[]).map(portText).sort().join(", ");
  if (name === "mounts") return (value as readonly Mount[]).map(mountText).sort().join(", ");
  if (name === "healthcheck" && value !== "none") return flow(unusual(value as Healthcheck));
  return flow(value);
}

/** What counts where a check says nothing (Dockerfile reference, HEALTHCHECK): Podman fills it in, and Docker does not. */
const usualCheck: Readonly<Record<string, number>> = {
  intervalMs: 30_000,
  timeoutMs: 30_000,
  startPeriodMs: 0,
  startIntervalMs: 5_000,
  retries: 3,
};

const unusual = (check: Healthcheck): object =>
  Object.fromEntries(Object.entries(check).filter(([name, value]) => value !== usualCheck[name]));

/** As Compose's short form says it: `127.0.0.1:8080:80/tcp`. */
export function portText({ containerPort, protocol, hostIp, hostPort }: PublishedPort): string {
  const host = typeof hostPort === "object" ? `${hostPort.first}-${hostPort.last}` : String(hostPort ?? "");
  const address = hostIp === undefined ? "" : `${hostIp}:`;
  return `${address}${host}${host === "" ? "" : ":"}${containerPort}/${protocol}`;
}

function mountText(mount: Mount): string {
  const mode = "readOnly" in mount && mount.readOnly ? ":ro" : "";
  switch (mount.type) {
    case "bind":
      return `${mount.source}:${mount.target}${mode}`;
    case "volume":
      return `${mount.name === undefined ? "" : `${mount.name}:`}${mount.target}${mode}`;
    case "tmpfs":
      return `tmpfs:${mount.target}${mode}`;
    case "image":
      return `${mount.image}:${mount.target}`;
    default:
      return unreachable(mount);
  }
}

/** `{ test: [CMD, true], interval: 5 }`: YAML's flow style, by name, without quotes. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const entries: [string, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
  const known = entries.filter(([, one]) => one !== undefined);
  known.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${known.map(([name, one]) => ` ${name}: ${flow(one)}`).join(",")} }`;
}
