import type { ComposeProject } from "./model.ts";
import type { ComposeUlimit } from "./part-models.ts";
import { renderDuration } from "./quantities.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const durations = new Set([
  "interval",
  "timeout",
  "start_period",
  "start_interval",
  "stop_grace_period",
  "pull_refresh_after",
  "delay",
  "monitor",
  "window",
]);
/** Keys for which "no" says more than nothing. */
const saysNo = new Set(["attach", "create_host_path", "enable_ipv4", "enable_ipv6", "init", "required"]);
const sizes = new Set(["mem_limit", "mem_reservation", "memswap_limit", "shm_size", "memory", "size"]);

/**
 * A project in the shape of `docker compose config`: a Compose file in its long form. A `$` is written as `$$`, so that
 * it means the same when it is read again.
 */
export function composeDocument(project: ComposeProject): Json {
  const text = (value: string): string => value.replaceAll("$", "$$$$");

  /** A part of the model: its keys are the specification's. */
  function part(value: unknown, key: string): Json {
    if (value instanceof Map) return named(value as ReadonlyMap<string, unknown>, key);
    if (Array.isArray(value)) return value.map((item) => part(item, ""));
    if (typeof value === "number" && durations.has(key)) return renderDuration(value);
    if (typeof value === "number" && sizes.has(key)) return String(value);
    if (typeof value !== "object" || value === null) return verbatim(value);
    const told = Object.entries(value).filter(([name, one]) => one !== false || saysNo.has(name));
    return sorted(told.map(([name, one]) => [name, part(one, name)]));
  }

  /** A map whose keys are the user's. */
  function named(map: ReadonlyMap<string, unknown>, key: string): Json {
    if (key === "extra_hosts") {
      const hosts = map as ReadonlyMap<string, readonly string[]>;
      return [...hosts].flatMap(([host, addresses]) => addresses.map((address) => text(`${host}=${address}`)));
    }
    return sorted(Array.from(map, ([name, value]) => [name, part(brief(value, key), "")]));
  }

  /** What a user wrote and Poststack does not read. */
  function verbatim(value: unknown): Json {
    if (typeof value === "string") return text(value);
    if (typeof value === "boolean" || typeof value === "number") return value;
    if (Array.isArray(value)) return value.map(verbatim);
    if (typeof value !== "object" || value === null) return null;
    return sorted(Object.entries(value).map(([key, one]) => [key, verbatim(one)]));
  }

  const sections: readonly (readonly [string, ReadonlyMap<string, unknown>])[] = [
    ["services", project.services],
    ["networks", project.networks],
    ["volumes", project.volumes],
    ["configs", withoutValues(project.configs)],
    ["secrets", withoutValues(project.secrets)],
    ["models", project.models],
  ];
  return Object.fromEntries([
    ["name", project.name],
    ...sections
      .filter(([key, map]) => map.size > 0 || key === "services")
      .map(([key, map]) => [key, named(map, key)] as const),
    ...[...project.extensions].map(([key, value]) => [key, verbatim(value)] as const),
  ]);
}

/** Keys in order, and no key with a meaning of its own: `__proto__` is a name like any other. */
function sorted(entries: readonly (readonly [string, Json])[]): Json {
  const map = Object.create(null) as { [key: string]: Json };
  for (const [key, value] of entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) map[key] = value;
  return map;
}

/** The shortest form that means the same. */
function brief(value: unknown, key: string): unknown {
  if (key === "ulimits") {
    const { soft, hard } = value as ComposeUlimit;
    return soft === hard ? soft : value;
  }
  // A service on a network without any wish.
  const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return key === "networks" && isEmpty ? null : value;
}

/** What a variable says is looked up again whenever the file is read. */
const withoutValues = <T extends { readonly value?: unknown }>(
  map: ReadonlyMap<string, T>,
): ReadonlyMap<string, unknown> => new Map(Array.from(map, ([name, { value: _value, ...rest }]) => [name, rest]));
