import type { Place } from "../../../core/place.ts";
import type { Tree } from "../../tree.ts";
import type { Report } from "../report.ts";
import { mapTree, textTree, valueTree } from "../trees.ts";

/** `[IP:][PUBLISHED:]TARGET[/PROTOCOL]`, both ports a number or a range; an IPv6 address may stand in brackets. */
const form = /^(?:(?:(?<ip>\[[^\]]*\]|.*):)?(?<published>[^:]*):)?(?<target>[^:/]*)(?:\/(?<protocol>[^/]*))?$/;
const address = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(?:%\w+)?)$/;
export const protocols: ReadonlySet<string> = new Set(["tcp", "udp", "sctp"]);

/** The list of `ports` with every short form expanded, one entry for each port of a range. */
export function canonicalPorts(tree: Tree, report: Report): Tree {
  if (tree.type !== "list") return tree;
  return { ...tree, items: tree.items.flatMap((item) => canonicalPort(item, report)) };
}

function canonicalPort(tree: Tree, report: Report): readonly Tree[] {
  if (tree.type === "list") return [tree];
  if (tree.type === "map") return [{ ...tree, entries: new Map([...defaults(tree.place).entries, ...tree.entries]) }];
  if (typeof tree.value !== "string" && typeof tree.value !== "number") return [tree];
  const ports = parsePorts(String(tree.value));
  if (typeof ports === "string") {
    report.mistake("CONFIG_TYPE", `the port ${JSON.stringify(tree.text)} ${ports}`, tree.place, next);
    return [];
  }
  const { place } = tree;
  report.spend(ports.length * 5, place);
  return ports.map(({ target, published, ip, protocol }) =>
    mapTree(
      [
        ["mode", textTree("ingress", place)],
        ["host_ip", ip === undefined ? undefined : textTree(ip, place)],
        ["target", valueTree(target, place)],
        ["published", published === undefined ? undefined : textTree(published, place)],
        ["protocol", textTree(protocol, place)],
      ],
      place,
    ),
  );
}

const defaults = (place: Place) =>
  mapTree(
    [
      ["mode", textTree("ingress", place)],
      ["protocol", textTree("tcp", place)],
    ],
    place,
  );

const next = "write TARGET, PUBLISHED:TARGET or IP:PUBLISHED:TARGET, with /udp behind it if need be";

interface Port {
  readonly target: number;
  readonly published?: string;
  readonly ip?: string;
  readonly protocol: string;
}

/** What is wrong with it, when it is a text. */
function parsePorts(spec: string): readonly Port[] | string {
  const { ip: writtenIp = "", published = "", target = "", protocol: writtenProtocol } = form.exec(spec)?.groups ?? {};
  const ip = writtenIp.replace(/^\[(.*)\]$/, "$1");
  const protocol = (writtenProtocol ?? "tcp").toLowerCase();
  const inside = rangeOf(target);
  const outside = published === "" ? undefined : rangeOf(published);
  if (inside === undefined) return "names no port of the container";
  if (published !== "" && outside === undefined) return "names no port of the host";
  if (!protocols.has(protocol)) return `has the protocol ${JSON.stringify(protocol)}, which is none of tcp, udp, sctp`;
  if (ip !== "" && !isAddress(ip)) return `has ${JSON.stringify(ip)} where an IP address belongs`;

  const common = { ...(ip === "" ? {} : { ip }), protocol };
  const [first, last] = inside;
  if (outside === undefined) return range(first, last).map((port) => ({ ...common, target: port }));
  const [firstOutside, lastOutside] = outside;
  // One port inside and several outside: the engine takes one of these.
  if (first === last) return [{ ...common, target: first, published: normalised(outside) }];
  if (lastOutside - firstOutside !== last - first) return "has two ranges of different length";
  return range(first, last).map((port) => ({
    ...common,
    target: port,
    published: String(firstOutside + port - first),
  }));
}

type Range = readonly [number, number];

function rangeOf(text: string): Range | undefined {
  const [, start = "", end = start] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const range: Range = [Number(start), Number(end)];
  return start !== "" && range[0] <= range[1] && range[1] <= 65_535 ? range : undefined;
}

const normalised = ([first, last]: Range): string => (first === last ? String(first) : `${first}-${last}`);

const range = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

export const isAddress = (text: string): boolean =>
  address.test(text) && (text.includes(":") || text.split(".").every((part) => Number(part) < 256));

/** What makes two entries the same port: a later one replaces the earlier. */
export function portIdentity(tree: Tree): string | undefined {
  if (tree.type !== "map") return undefined;
  const [ip, published, target, protocol] = ["host_ip", "published", "target", "protocol"].map((key) => {
    const value = tree.entries.get(key)?.tree;
    return value?.type === "scalar" ? String(value.value) : "";
  });
  return `${ip === "" ? "0.0.0.0" : ip}:${published}:${target}/${protocol}`;
}
