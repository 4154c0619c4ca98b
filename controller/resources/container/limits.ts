import { driftOf, type Drift } from "../../core/drift.ts";
import type { ContainerSpec, RestartPolicy } from "../../core/ports/container-spec.ts";
import type { InPlaceChange } from "../../core/ports/containers.ts";
import { bytesText } from "./units.ts";

// What an engine changes while the container runs: restart policy, processors, memory, number of processes.

type Limit = keyof InPlaceChange;

/** Fields of the port, and what the files call them. */
const names = {
  restart: "restart",
  nanoCpus: "cpus",
  cpuShares: "cpu_shares",
  cpuset: "cpuset",
  cpuQuotaMicros: "cpu_quota",
  cpuPeriodMicros: "cpu_period",
  memoryBytes: "mem_limit",
  memoryReservationBytes: "mem_reservation",
  memorySwapBytes: "memswap_limit",
  pidsLimit: "pids_limit",
  blkioWeight: "blkio_config.weight",
} as const satisfies Record<Limit, string>;

const limits = Object.keys(names) as readonly Limit[];

/** Those that a spec asks for. Absent and "none" mean the same. */
function asked(spec: Pick<ContainerSpec, "restart" | "resources">): InPlaceChange {
  const { resources = {}, restart } = spec;
  const { blkio, memoryBytes, memorySwapBytes } = resources;
  const all: { readonly [L in Limit]?: InPlaceChange[L] | undefined } = {
    ...resources,
    restart: restart?.name === "no" ? undefined : restart,
    blkioWeight: blkio?.weight,
    // Without a word about swap an engine allows as much again (Docker and Podman: --memory-swap).
    memorySwapBytes: memorySwapBytes ?? (memoryBytes === undefined ? undefined : memoryBytes * 2),
  };
  const given = limits.flatMap((name) => {
    const value = all[name];
    return value === undefined || value === 0 || value === "" ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}

/** Whether a field of a spec's resources, or the spec itself, is changed in place. */
export const isLimit = (field: string): boolean => field in names;

/** What of a spec is changed in place, as the label keeps it: `cpus=500000000;restart=always`. */
export const limitsText = (spec: ContainerSpec): string =>
  [...fieldsOf(asked(spec))]
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(";");

/** The restart policy that the label keeps. Labels are input: what is no policy is none. */
export function restartIn(label: string): RestartPolicy {
  const field = label.split(";").find((one) => one.startsWith(`${names.restart}=`));
  const [name = "", retries = ""] = field?.slice(names.restart.length + 1).split(":") ?? [];
  if (name === "always" || name === "unless-stopped") return { name };
  return name === "on-failure" ? { name, maxRetries: Number.parseInt(retries, 10) || 0 } : no;
}

export interface LimitsChange {
  readonly drift: readonly Drift[];
  /** What brings it about; undefined: only a new container does. */
  readonly change: InPlaceChange | undefined;
}

/**
 * What has to change in place. A limit that nobody asks for is no drift, since engines have limits of their own, unless
 * the container was made with it: that one is to go, and no engine takes a limit away in place.
 *
 * @param label what the container was made with
 */
export function limitsChange(
  desired: ContainerSpec,
  actual: ContainerSpec,
  label: string,
  changesInPlace: ReadonlySet<Limit>,
): LimitsChange {
  const wanted = asked(desired);
  const seen = asked(actual);
  const madeWith = new Set(label.split(";").map((field) => field.split("=", 1)[0]));
  const wasAsked = (name: Limit): boolean => madeWith.has(names[name]);
  const changed = limits.filter((name) => {
    const isAsked = wanted[name] !== undefined;
    if (!isAsked && (seen[name] === undefined || !wasAsked(name))) return false;
    if (isAsked && isDiscarded(name, seen, wasAsked(name))) return false;
    // Nobody asked for one: it only follows from that of memory.
    if (isSwap(name) && desired.resources?.[name] === undefined && seen[name] === unlimited) return false;
    return valueText(wanted[name]) !== valueText(seen[name]);
  });
  // Nobody wrote one of swap: it changes with that of memory.
  const follows = changed.includes("memoryBytes") && desired.resources?.memorySwapBytes === undefined;
  const told = changed.filter((name) => !(isSwap(name) && follows));
  const shown = (all: InPlaceChange): ReadonlyMap<string, string> =>
    new Map(told.flatMap((name) => shownLimit(name, all[name])));
  const drift = driftOf(shown(wanted), shown(seen));
  // Where a weight is discarded, only a container that was made with it tells.
  const isNewWeight = (name: Limit): boolean => name === "blkioWeight" && seen[name] === undefined;
  const isInPlace = changed.every(
    (name) => changesInPlace.has(name) && (name === "restart" || wanted[name] !== undefined) && !isNewWeight(name),
  );
  if (!isInPlace) return { drift, change: undefined };
  const change = Object.fromEntries(
    changed.map((name) => [name, name === "restart" ? (wanted.restart ?? no) : wanted[name]]),
  );
  return { drift, change };
}

/** As a Compose file writes it. */
function shownLimit<L extends Limit>(name: L, value: InPlaceChange[L]): readonly (readonly [string, string])[] {
  const text =
    name === "restart" ? (valueText(value) ?? "no") : value === undefined ? undefined : limitText(name, value);
  return text === undefined ? [] : [[names[name], text]];
}

function limitText(name: Limit, value: NonNullable<InPlaceChange[Limit]>): string | undefined {
  if (typeof value !== "number") return valueText(value);
  if (name === "nanoCpus") return String(value / 1e9);
  return name.endsWith("Bytes") ? bytesText(value) : String(value);
}

/**
 * Whether the engine made the container without that limit, because its kernel has none: it says so once, as a warning, and
 * another try changes nothing (moby, daemon_unix.go: verifyPlatformContainerResources, "Weight discarded", "Memory limited
 * without swap"). Of these limits nobody can take one away from a container that has it, but for swap.
 */
function isDiscarded(name: Limit, seen: InPlaceChange, wasAsked: boolean): boolean {
  if (name === "restart" || name === "pidsLimit" || !wasAsked) return false;
  return seen[name] === undefined || (isSwap(name) && seen[name] === unlimited);
}

const isSwap = (name: Limit): name is "memorySwapBytes" => name === "memorySwapBytes";

const unlimited = -1;

const no: RestartPolicy = { name: "no" };

const fieldsOf = (all: InPlaceChange): ReadonlyMap<string, string> =>
  new Map(
    limits.flatMap((name): [string, string][] => {
      const text = valueText(all[name]);
      return text === undefined ? [] : [[names[name], text]];
    }),
  );

function valueText(value: InPlaceChange[Limit]): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "object") return String(value);
  return value.name === "on-failure" && value.maxRetries > 0 ? `${value.name}:${value.maxRetries}` : value.name;
}
