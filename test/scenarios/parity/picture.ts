import type { Case } from "./cases.ts";
import { askEngine, callEngine } from "./engine-api.ts";

// What there is of one project on an engine, as the engine's own answers say it, without what no file determines.

type Json = Readonly<Record<string, unknown>>;

/** `container web-1`, `network default` … and each field of it as text, by its path. */
export type Picture = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** @param project the name that Compose's label has */
export async function pictureOf(socket: string, project: string, one: Case): Promise<Picture> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${project}`] }));
  const things: [string, unknown][] = [];
  const named = await namesIn(socket);
  for (const { Id } of (await askEngine(socket, `/containers/json?all=1&filters=${filters}`)) as { Id: string }[]) {
    const container = (await askEngine(socket, `/containers/${Id}/json`)) as Inspected;
    const files = await filesIn(socket, container, one);
    things.push([`container ${container.Name.replace(/^\//, "")}`, { ...containerFacts(container), ...files }]);
  }
  for (const { Id } of (await askEngine(socket, `/networks?filters=${filters}`)) as { Id: string }[]) {
    const network = (await askEngine(socket, `/networks/${Id}`)) as InspectedNetwork;
    things.push([`network ${network.Name}`, networkFacts(network, one)]);
  }
  const { Volumes } = (await askEngine(socket, `/volumes?filters=${filters}`)) as { Volumes: InspectedVolume[] | null };
  for (const volume of Volumes ?? []) things.push([`volume ${volume.Name}`, volumeFacts(volume)]);
  return new Map(
    things
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, facts]) => [name, new Map(flat(facts, "").map(([path, text]) => [path, named(text)]))]),
  );
}

/** Engines know things by their ids, too: of one that is not the picture's own, the name says which is meant. */
async function namesIn(socket: string): Promise<(text: string) => string> {
  const containers = (await askEngine(socket, "/containers/json?all=1")) as { Id: string; Names: string[] }[];
  const networks = (await askEngine(socket, "/networks")) as { Id: string; Name: string }[];
  const names = new Map([
    ...containers.map(({ Id, Names: [name = ""] }) => [Id, name.replace(/^\//, "")] as const),
    ...networks.map(({ Id, Name }) => [Id, Name] as const),
  ]);
  for (const [id, name] of [...names]) names.set(id.slice(0, 12), name);
  return (text) => text.replaceAll(/\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b/g, (id) => names.get(id) ?? id);
}

interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly Config: Json & { readonly Hostname: string; readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: Json;
  readonly Mounts: readonly (Json & { readonly Type: string; readonly Name?: string; readonly Destination: string })[];
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, Json & { readonly Aliases: string[] | null }>>;
  };
  readonly State: { readonly Status: string; readonly ExitCode: number };
}

interface InspectedNetwork {
  readonly Name: string;
  readonly Labels: Json;
  readonly IPAM: Json;
  readonly [field: string]: unknown;
}

interface InspectedVolume {
  readonly Name: string;
  readonly Labels: Json | null;
  readonly [field: string]: unknown;
}

const dependsOn = "com.docker.compose.depends_on";

const isAnonymous = (name = ""): boolean => /^[0-9a-f]{64}$/.test(name);

function containerFacts({ Id, Config, HostConfig, Mounts, NetworkSettings, State }: Inspected): Json {
  const shortId = Id.slice(0, 12);
  const { Hostname, Labels, ...config } = Config;
  // `Mounts` beside it says what came of the three ways to ask for a mount.
  const { Binds: _binds, Mounts: _mounts, ...host } = HostConfig;
  return {
    Config: { ...config, ...(Hostname === shortId ? {} : { Hostname }), Env: sorted(config["Env"]) },
    Labels: {
      ...Labels,
      [dependsOn]: (Labels[dependsOn] ?? "").split(",").sort().join(),
    },
    HostConfig: {
      ...host,
      ExtraHosts: sorted(host["ExtraHosts"]),
      Links: sorted(host["Links"]),
      Ulimits: sorted((host["Ulimits"] as readonly object[] | null)?.map((one) => JSON.stringify(one))),
      CapAdd: capabilities(host["CapAdd"]),
      CapDrop: capabilities(host["CapDrop"]),
    },
    Mounts: Object.fromEntries(
      Mounts.map(({ Destination, Name, Source, ...mount }) => [
        Destination,
        isAnonymous(Name) ? { ...mount, Name: "(anonymous)" } : { ...mount, Name, Source },
      ]),
    ),
    Networks: Object.fromEntries(
      Object.entries(NetworkSettings.Networks).map(([name, { IPAMConfig, Links, DriverOpts, Aliases }]) => {
        const aliases = [...new Set(Aliases ?? [])].filter((alias) => alias !== shortId).sort();
        return [name, { IPAMConfig, Links: sorted(Links), DriverOpts, Aliases: aliases, isAttached: true }];
      }),
    ),
    State: { Status: State.Status, ExitCode: State.Status === "exited" ? State.ExitCode : undefined },
  };
}

function networkFacts(
  { Labels, Driver, Internal, Attachable, EnableIPv6, Options, IPAM }: InspectedNetwork,
  one: Case,
): Json {
  const { ipam } = one.networks[String(Labels["com.docker.compose.network"])] ?? {};
  const isChosen = (ipam?.config ?? []).length === 0;
  // Where the file names no addresses the engine takes what is free.
  return { Labels, Driver, Internal, Attachable, EnableIPv6, Options, IPAM: isChosen ? { ...IPAM, Config: [] } : IPAM };
}

function volumeFacts({ Labels, Driver, Options, Scope }: InspectedVolume): Json {
  return { Labels, Driver, Options, Scope };
}

const sorted = (list: unknown): unknown => (Array.isArray(list) ? [...(list as readonly string[])].sort() : list);

/** `CAP_NET_ADMIN`, `net_admin`: an engine takes any spelling, and keeps what it was given. */
const capabilities = (list: unknown): unknown =>
  Array.isArray(list)
    ? (list as readonly string[]).map((name) => name.toUpperCase().replace(/^CAP_/, "")).sort()
    : list;

/** The configs and secrets that the service names: owner, mode and content of what is there. */
async function filesIn(socket: string, { Id, Config }: Inspected, { services }: Case): Promise<Json> {
  const service = services[String(Config.Labels["com.docker.compose.service"])] ?? {};
  const targets = (["configs", "secrets"] as const).flatMap((section) =>
    ((service[section] ?? []) as readonly { readonly source: string; readonly target?: string }[]).map(
      ({ source, target = source }) =>
        target.startsWith("/") ? target : `${section === "configs" ? "/" : "/run/secrets/"}${target}`,
    ),
  );
  const found = await Promise.all(
    targets.map(async (path) => {
      const tar = await callEngine(socket, "GET", `/containers/${Id}/archive?path=${encodeURIComponent(path)}`).catch(
        (error: unknown) => String(error),
      );
      return [path, typeof tar === "string" ? tar : entryOf(tar)] as const;
    }),
  );
  return found.length === 0 ? {} : { Files: Object.fromEntries(found) };
}

/** The first entry of an archive, without its time (tar(5): name 100, mode 8, uid 8, gid 8, size 12). */
function entryOf(tar: Buffer): Json {
  const octal = (from: number, length: number): number =>
    Number.parseInt(tar.toString("latin1", from, from + length), 8);
  const size = octal(124, 12);
  return {
    mode: octal(100, 8).toString(8),
    uid: octal(108, 8),
    gid: octal(116, 8),
    content: tar.toString("utf8", 512, 512 + size),
  };
}

/** Every field by its path; for an engine nothing, an empty list, false and 0 mean the same. */
function flat(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (value === null || value === undefined || value === "" || value === false || value === 0) return [];
  if (Array.isArray(value)) return value.length === 0 ? [] : [[path, JSON.stringify(value)]];
  if (typeof value !== "object") return [[path, JSON.stringify(value)]];
  return Object.entries(value as Json).flatMap(([key, one]) => flat(one, path === "" ? key : `${path}.${key}`));
}

/** One line for each field in which the two differ: `container x-web-1  HostConfig.Memory  1 → 2`. */
export function differences(reference: Picture, ours: Picture): readonly string[] {
  const names = [...new Set([...reference.keys(), ...ours.keys()])].sort();
  return names.flatMap((name) => {
    const [theirs, own] = [reference.get(name), ours.get(name)];
    if (theirs === undefined) return [`${name}  only ours`];
    if (own === undefined) return [`${name}  only the reference's`];
    const paths = [...new Set([...theirs.keys(), ...own.keys()])].sort();
    return paths
      .filter((path) => theirs.get(path) !== own.get(path))
      .map((path) => `${name}  ${path}  ${theirs.get(path) ?? "(none)"} → ${own.get(path) ?? "(none)"}`);
  });
}
