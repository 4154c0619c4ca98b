import type { PublishedPort } from "../../core/ports/container-spec.ts";
import { list, number, object, present, someText, text, type Json } from "./answer.ts";

type Protocol = PublishedPort["protocol"];

const isProtocol = (word: string): word is Protocol => ["tcp", "udp", "sctp"].includes(word);

const keyOf = ({ containerPort, protocol }: PublishedPort): string => `${containerPort}/${protocol}`;

/** `{ "80/tcp": [{ HostIp, HostPort }] }` */
export function writePorts(ports: readonly PublishedPort[]): Json {
  const byPort = new Map<string, object[]>();
  for (const port of ports) {
    const { hostIp = "", hostPort = "" } = port;
    const written = typeof hostPort === "object" ? `${hostPort.first}-${hostPort.last}` : String(hostPort);
    byPort.set(keyOf(port), [...(byPort.get(keyOf(port)) ?? []), { HostIp: hostIp, HostPort: written }]);
  }
  return Object.fromEntries(byPort);
}

export const readPorts = (json: unknown): readonly PublishedPort[] =>
  Object.entries(object(json)).flatMap(([key, bindings]) => {
    const [port = "", protocol = "tcp"] = key.split("/");
    if (!/^\d+$/.test(port) || !isProtocol(protocol)) return [];
    return list(bindings).map((binding) =>
      present({
        containerPort: Number(port),
        protocol,
        hostIp: someText(object(binding)["HostIp"]),
        hostPort: readHostPort(text(object(binding)["HostPort"])),
      }),
    );
  });

function readHostPort(written: string): PublishedPort["hostPort"] {
  const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(written) ?? [];
  // 0 is a choice of the engine's, as nothing is.
  if (first === undefined || Number(first) === 0) return undefined;
  return last === undefined || last === first ? Number(first) : { first: Number(first), last: Number(last) };
}

/** As the list call has them: one entry for each, those without a public port are only exposed. */
export const readListedPorts = (json: unknown): readonly PublishedPort[] =>
  list(json).flatMap((entry) => {
    const { PrivatePort, PublicPort, Type, IP } = object(entry);
    const [hostPort, protocol] = [number(PublicPort), text(Type)];
    if (hostPort === 0 || !isProtocol(protocol)) return [];
    return [present({ containerPort: number(PrivatePort), protocol, hostIp: someText(IP), hostPort })];
  });
