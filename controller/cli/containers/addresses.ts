import type { ContainerSpec, PublishedPort } from "../../core/ports/container-spec.ts";

/** What a web server in a container listens on: registered (IANA: http, http-alt, https), or the habit of a framework. */
const webPorts: ReadonlyMap<number, Scheme> = new Map([
  ...[80, 3000, 4200, 5000, 5173, 8000, 8008, 8080, 8888].map((port) => [port, "http"] as const),
  ...[443, 8443].map((port) => [port, "https"] as const),
]);

type Scheme = "http" | "https";

/** Which ports of a container speak HTTP: nothing tells for certain, its own healthcheck knows best. */
export type SpokenOn = (containerPort: number) => Scheme | undefined;

export function spokenBy(healthcheck: ContainerSpec["healthcheck"]): SpokenOn {
  const test = healthcheck === undefined || healthcheck === "none" ? [] : (healthcheck.test ?? []);
  const urls = test.join(" ").matchAll(/\b(https?):\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(\d+))?/g);
  const asked = new Map(
    Array.from(urls, ([, scheme, port = scheme === "https" ? "443" : "80"]): [number, Scheme] => [
      Number(port),
      scheme === "https" ? "https" : "http",
    ]),
  );
  return (port) => asked.get(port) ?? webPorts.get(port);
}

/**
 * Where programs on this machine reach what a container publishes, in the order of its ports inside:
 * `http://127.0.0.1:8080/`, `127.0.0.1:6379`, `127.0.0.1:53/udp`. Without ports that the engine has yet to choose.
 *
 * @param engineHost where the engine is; undefined: on this machine
 */
export function addressesOf(
  ports: readonly PublishedPort[],
  spoken: SpokenOn,
  engineHost: string | undefined,
): readonly string[] {
  const found = ports.flatMap(({ hostIp, hostPort, containerPort, protocol }) => {
    const host = reachable(hostIp, engineHost);
    if (typeof hostPort !== "number" || host === undefined) return [];
    const scheme = protocol === "tcp" ? spoken(containerPort) : undefined;
    const at = `${host}:${hostPort}`;
    const text = scheme === undefined ? `${at}${protocol === "tcp" ? "" : `/${protocol}`}` : `${scheme}://${at}/`;
    return [{ text: scheme === undefined ? text : new URL(text).href, containerPort, hostPort }];
  });
  // Published on every address, one port is on 0.0.0.0 and on [::]: the way by IPv4 is enough.
  const texts = new Set(found.map(({ text }) => text));
  return found
    .toSorted((a, b) => a.containerPort - b.containerPort || a.hostPort - b.hostPort)
    .map(({ text }) => text)
    .filter((text, index, all) => all.indexOf(text) === index && !isDouble(text, texts));
}

const isDouble = (text: string, all: ReadonlySet<string>): boolean =>
  text.includes("[::1]") && all.has(text.replace("[::1]", "127.0.0.1"));

/** Undefined: only on the engine's machine, which is another one. */
function reachable(hostIp: string | undefined, engineHost: string | undefined): string | undefined {
  const isEvery = hostIp === undefined || hostIp === "" || hostIp === "0.0.0.0" || hostIp === "::";
  if (engineHost !== undefined && isEvery) return engineHost;
  if (isEvery) return hostIp === "::" ? "[::1]" : "127.0.0.1";
  if (engineHost !== undefined && /^(?:127\.|::1$)/.test(hostIp)) return undefined;
  return hostIp.includes(":") ? `[${hostIp}]` : hostIp;
}

/** @param address `unix:///var/run/docker.sock`, `tcp://build.example:2376`, `ssh://me@build.example` */
export function engineHostOf(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const { protocol, hostname } = new URL(address);
  const isHere = protocol === "unix:" || /^(?:|localhost|127\..*|\[::1\])$/.test(hostname);
  return isHere ? undefined : hostname;
}
