import type { ComposeService } from "../service-model.ts";
import { readBuild } from "./build.ts";
import { readDeploy } from "./deploy.ts";
import { present, type Fields } from "./fields.ts";
import { readBlkio, readDevice, readDeviceRequest, readUlimits } from "./limits.ts";
import { readMount, readPort, readVolume } from "./mounts.ts";
import { readDependency, readHealthcheck, readHook, readProvider, readServiceNetwork, readWatch } from "./parts.ts";

type Reader<T> = (fields: Fields, key: keyof ComposeService) => T | undefined;

const text: Reader<string> = (fields, key) => fields.text(key);
const texts: Reader<readonly string[]> = (fields, key) => fields.texts(key);
const textMap: Reader<ReadonlyMap<string, string>> = (fields, key) => fields.textMap(key);
const nullableMap: Reader<ReadonlyMap<string, string | null>> = (fields, key) => fields.nullableMap(key);
const flag: Reader<boolean> = (fields, key) => fields.flag(key);
const integer: Reader<number> = (fields, key) => fields.integer(key);
const number: Reader<number> = (fields, key) => fields.number(key);
const bytes: Reader<number> = (fields, key) => fields.bytes(key);
const duration: Reader<number> = (fields, key) => fields.duration(key);

/** How each key is read. */
const readers: { readonly [Key in keyof ComposeService]-?: Reader<ComposeService[Key]> } = {
  image: text,
  build: (fields) => fields.one("build", readBuild),
  annotations: textMap,
  attach: flag,
  blkio_config: (fields) => fields.one("blkio_config", readBlkio),
  cap_add: texts,
  cap_drop: texts,
  cgroup: (fields) => fields.word("cgroup", ["host", "private"]),
  cgroup_parent: text,
  command: texts,
  configs: (fields) => fields.list("configs", readMount),
  container_name: text,
  cpu_count: integer,
  cpu_percent: number,
  cpu_period: microseconds,
  cpu_quota: microseconds,
  cpu_rt_period: microseconds,
  cpu_rt_runtime: microseconds,
  cpu_shares: integer,
  cpus: number,
  cpuset: text,
  credential_spec: (fields) =>
    fields.one("credential_spec", (spec) =>
      present({ config: spec.text("config"), file: spec.text("file"), registry: spec.text("registry") }),
    ),
  depends_on: (fields) => fields.map("depends_on", (_tree, dependency) => readDependency(dependency)),
  deploy: (fields) =>
    fields.one("deploy", (deploy) => ({ ...present({ replicas: fields.integer("scale") }), ...readDeploy(deploy) })),
  develop: (fields) => fields.one("develop", (develop) => ({ watch: develop.list("watch", readWatch) ?? [] })),
  device_cgroup_rules: texts,
  devices: (fields) => fields.list("devices", readDevice),
  dns: (fields) => withoutEmpty(fields.texts("dns")),
  dns_opt: texts,
  dns_search: (fields) => withoutEmpty(fields.texts("dns_search")),
  domainname: text,
  entrypoint: texts,
  environment: nullableMap,
  expose: texts,
  external_links: texts,
  extra_hosts: (fields) =>
    fields.map("extra_hosts", (tree) =>
      tree.type === "list" ? tree.items.flatMap((item) => (item.type === "scalar" ? [item.text] : [])) : undefined,
    ),
  gpus: (fields) => fields.list("gpus", readDeviceRequest),
  group_add: texts,
  healthcheck: (fields) => fields.one("healthcheck", readHealthcheck),
  hostname: text,
  init: flag,
  ipc: text,
  isolation: text,
  labels: textMap,
  links: texts,
  logging: (fields) =>
    fields.one("logging", (logging) =>
      present({ driver: logging.text("driver"), options: logging.textMap("options") }),
    ),
  mac_address: text,
  mem_limit: bytes,
  mem_reservation: bytes,
  mem_swappiness: integer,
  memswap_limit: bytes,
  models: (fields) =>
    fields.map("models", (_tree, model) =>
      present({ endpoint_var: model.text("endpoint_var"), model_var: model.text("model_var") }),
    ),
  network_mode: text,
  networks: (fields) => fields.map("networks", (_tree, network) => readServiceNetwork(network)),
  oom_kill_disable: flag,
  oom_score_adj: integer,
  pid: text,
  pids_limit: integer,
  platform: text,
  ports: (fields) => fields.list("ports", readPort),
  post_start: (fields) => fields.list("post_start", readHook),
  pre_stop: (fields) => fields.list("pre_stop", readHook),
  privileged: flag,
  profiles: texts,
  provider: (fields) => fields.one("provider", readProvider),
  pull_policy: text,
  pull_refresh_after: duration,
  read_only: flag,
  restart: text,
  runtime: text,
  scale: integer,
  secrets: (fields) => fields.list("secrets", readMount),
  security_opt: texts,
  shm_size: bytes,
  stdin_open: flag,
  stop_grace_period: duration,
  stop_signal: text,
  storage_opt: textMap,
  sysctls: textMap,
  tmpfs: texts,
  tty: flag,
  ulimits: readUlimits,
  use_api_socket: flag,
  user: text,
  userns_mode: text,
  uts: text,
  volumes: (fields) => fields.list("volumes", readVolume),
  volumes_from: texts,
  working_dir: text,
};

/** A service of a canonical document. Only the keys that are there are read: there are nearly a hundred. */
export function readService(fields: Fields): ComposeService {
  const service: { [key: string]: unknown } = {};
  for (const key of fields.keys()) {
    const value = isKey(key) ? readers[key](fields, key) : undefined;
    if (value !== undefined) service[key] = value;
  }
  return service;
}

const isKey = (key: string): key is keyof ComposeService => Object.hasOwn(readers, key);

/** `dns: ""` is how a variable without a value looks: no server is meant. */
function withoutEmpty(texts: readonly string[] | undefined): readonly string[] | undefined {
  const kept = texts?.filter((text) => text !== "");
  return kept?.length === 0 ? undefined : kept;
}

/** A number of microseconds, or a duration. */
function microseconds(fields: Fields, key: keyof ComposeService): number | undefined {
  const text = fields.text(key);
  if (text === undefined || /^-?\d+$/.test(text)) return fields.integer(key);
  const ms = fields.duration(key);
  return ms === undefined ? undefined : Math.round(ms * 1000);
}
