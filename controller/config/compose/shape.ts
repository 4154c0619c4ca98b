import type { Tree } from "../tree.ts";
import type { Report } from "./report.ts";
import * as items from "./short/items.ts";
import * as maps from "./short/maps.ts";
import { canonicalPorts, portIdentity } from "./short/ports.ts";
import { canonicalVolume, mountIdentity } from "./short/volumes.ts";

/**
 * What the schema cannot say about a part of a file: what its short form stands for, how a later file's value joins an
 * earlier one's, and which texts are paths. Parts that are not listed have none of this: their maps merge, their lists
 * are put one after the other, and anything else is replaced (spec, 13-merge).
 */
export interface Shape {
  /** The long form. Comes before `keys` and `each` look inside. */
  readonly canonical?: (tree: Tree, report: Report) => Tree;
  /**
   * replace: the later value counts. logging: replaced when it has another driver. variables: a key without a value
   * counts, too.
   */
  readonly merge?: "replace" | "logging" | "variables";
  /** Items of a list with the same identity are one: the later replaces the earlier, in its place. */
  readonly identity?: (item: Tree) => string | undefined;
  /** Items with the same identity are merged as maps, instead. */
  readonly mergesItems?: true;
  /** path: relative to the folder of the file. context: that, or an address. source: that, in a bind mount. */
  readonly path?: "path" | "context" | "source";
  readonly keys?: { readonly [key: string]: Shape };
  /** Of every item, and of every key that `keys` does not list. */
  readonly each?: Shape;
}

const textIdentity = (item: Tree): string | undefined => (item.type === "scalar" ? item.text : undefined);

const pairs: Shape = { canonical: maps.toPairs, merge: "variables" };
const labels: Shape = { canonical: maps.toLabels };
const options: Shape = { canonical: maps.toOptions };
const texts: Shape = { canonical: maps.toTextList, identity: textIdentity };
const unique: Shape = { identity: textIdentity };
const uniqueList: Shape = { canonical: maps.toList, identity: textIdentity };
const path: Shape = { path: "path" };
const hosts: Shape = { canonical: maps.toHosts, each: unique };
const truth: Shape = { canonical: maps.toBoolean };
const number: Shape = { canonical: maps.toNumber };
const command: Shape = { canonical: items.toCommand, merge: "replace" };
const hook: Shape = { keys: { command, environment: pairs } };
const ulimits: Shape = { each: { canonical: items.toUlimit, merge: "replace" } };
const deviceRequest: Shape = { canonical: items.toDeviceRequest, keys: { options } };

const build: Shape = {
  canonical: items.toBuild,
  keys: {
    context: { path: "context" },
    additional_contexts: { canonical: maps.toPairs, each: { path: "context" } },
    args: pairs,
    extra_hosts: hosts,
    labels,
    platforms: unique,
    secrets: { each: { canonical: items.toMount } },
    ssh: { canonical: items.toSsh },
    tags: unique,
    ulimits,
    provenance: { canonical: maps.toText },
    sbom: { canonical: maps.toText },
  },
};

const service: Shape = {
  keys: {
    annotations: labels,
    build,
    cap_add: unique,
    cap_drop: unique,
    command,
    configs: { each: { canonical: items.toConfig }, identity: mountIdentity },
    depends_on: { canonical: items.toDependencies },
    deploy: {
      keys: {
        labels,
        resources: { keys: { reservations: { keys: { devices: { each: deviceRequest } } } } },
      },
    },
    develop: {
      keys: {
        watch: {
          each: {
            keys: {
              path,
              ignore: { canonical: maps.toList },
              include: { canonical: maps.toList },
              exec: hook,
              initial_sync: truth,
            },
          },
        },
      },
    },
    device_cgroup_rules: unique,
    devices: { each: { canonical: items.toDevice }, identity: mountIdentity },
    dns: uniqueList,
    dns_opt: unique,
    dns_search: uniqueList,
    entrypoint: command,
    env_file: {
      canonical: items.toEnvFiles,
      each: { keys: { path, required: truth } },
      identity: (item) => (item.type === "map" ? textIdentity(item.entries.get("path")?.tree ?? item) : undefined),
    },
    environment: pairs,
    expose: texts,
    extends: { canonical: items.toExtends, merge: "replace" },
    external_links: unique,
    extra_hosts: hosts,
    gpus: { canonical: items.toGpus, each: deviceRequest },
    group_add: texts,
    healthcheck: { keys: { test: { canonical: items.toTest, merge: "replace" } } },
    label_file: { canonical: maps.toList, each: path, identity: textIdentity },
    labels,
    links: unique,
    logging: { keys: { options }, merge: "logging" },
    models: { canonical: items.toModels },
    networks: {
      canonical: items.toNetworks,
      each: {
        keys: { aliases: unique, link_local_ips: unique, driver_opts: options, priority: number, gw_priority: number },
      },
    },
    ports: { canonical: canonicalPorts, identity: portIdentity },
    post_start: { each: hook },
    pre_stop: { each: hook },
    profiles: unique,
    pull_policy: { canonical: items.toPullPolicy },
    secrets: { each: { canonical: items.toSecret }, identity: mountIdentity },
    security_opt: unique,
    storage_opt: options,
    sysctls: labels,
    tmpfs: uniqueList,
    ulimits,
    use_api_socket: truth,
    volumes: {
      each: { canonical: canonicalVolume, keys: { source: { path: "source" }, volume: { keys: { labels } } } },
      identity: mountIdentity,
    },
    volumes_from: unique,
  },
};

const subnetIdentity = (item: Tree): string | undefined =>
  item.type === "map" ? textIdentity(item.entries.get("subnet")?.tree ?? item) : undefined;

/** Of a whole document. */
export const fileShape: Shape = {
  canonical: items.withoutVersion,
  keys: {
    include: { canonical: maps.orNone, each: { canonical: items.toInclude } },
    services: { each: service },
    networks: {
      each: {
        canonical: items.toResource,
        keys: {
          driver_opts: options,
          labels,
          ipam: {
            keys: {
              options,
              config: { identity: subnetIdentity, mergesItems: true },
            },
          },
        },
      },
    },
    volumes: { each: { canonical: items.toResource, keys: { driver_opts: options, labels } } },
    configs: { each: { canonical: items.toResource, keys: { file: path, labels } } },
    secrets: { each: { canonical: items.toResource, keys: { file: path, labels, driver_opts: options } } },
    models: { each: { keys: { context_size: number } } },
  },
};

const nothing: Shape = {};

/** The shape of what stands under a key or an index. */
export function inside({ keys, each }: Shape, step: string | number): Shape {
  if (keys !== undefined && typeof step === "string" && Object.hasOwn(keys, step)) return keys[step] ?? nothing;
  return each ?? nothing;
}
