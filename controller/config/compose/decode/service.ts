import type { ComposeService } from "../service-model.ts";
import { readBuild } from "./build.ts";
import { readDeploy } from "./deploy.ts";
import { present, type Fields } from "./fields.ts";
import { readBlkio, readDevice, readDeviceRequest, readUlimits } from "./limits.ts";
import { readMount, readPort, readVolume } from "./mounts.ts";
import { readDependency, readHealthcheck, readHook, readProvider, readServiceNetwork, readWatch } from "./parts.ts";

/** A service of a canonical document. */
export function readService(fields: Fields): ComposeService {
  const scale = fields.integer("scale");
  return present({
    image: fields.text("image"),
    build: fields.one("build", readBuild),
    annotations: fields.textMap("annotations"),
    attach: fields.flag("attach"),
    blkio_config: fields.one("blkio_config", readBlkio),
    cap_add: fields.texts("cap_add"),
    cap_drop: fields.texts("cap_drop"),
    cgroup: fields.word("cgroup", ["host", "private"]),
    cgroup_parent: fields.text("cgroup_parent"),
    command: fields.texts("command"),
    configs: fields.list("configs", readMount),
    container_name: fields.text("container_name"),
    cpu_count: fields.integer("cpu_count"),
    cpu_percent: fields.number("cpu_percent"),
    cpu_period: microseconds(fields, "cpu_period"),
    cpu_quota: microseconds(fields, "cpu_quota"),
    cpu_rt_period: microseconds(fields, "cpu_rt_period"),
    cpu_rt_runtime: microseconds(fields, "cpu_rt_runtime"),
    cpu_shares: fields.integer("cpu_shares"),
    cpus: fields.number("cpus"),
    cpuset: fields.text("cpuset"),
    credential_spec: fields.one("credential_spec", (spec) =>
      present({ config: spec.text("config"), file: spec.text("file"), registry: spec.text("registry") }),
    ),
    depends_on: fields.map("depends_on", (_tree, dependency) => readDependency(dependency)),
    deploy: fields.one("deploy", (deploy) => ({ ...present({ replicas: scale }), ...readDeploy(deploy) })),
    develop: fields.one("develop", (develop) => ({ watch: develop.list("watch", readWatch) ?? [] })),
    device_cgroup_rules: fields.texts("device_cgroup_rules"),
    devices: fields.list("devices", readDevice),
    dns: withoutEmpty(fields.texts("dns")),
    dns_opt: fields.texts("dns_opt"),
    dns_search: withoutEmpty(fields.texts("dns_search")),
    domainname: fields.text("domainname"),
    entrypoint: fields.texts("entrypoint"),
    environment: fields.nullableMap("environment"),
    expose: fields.texts("expose"),
    external_links: fields.texts("external_links"),
    extra_hosts: fields.map("extra_hosts", (tree) =>
      tree.type === "list" ? tree.items.flatMap((item) => (item.type === "scalar" ? [item.text] : [])) : undefined,
    ),
    gpus: fields.list("gpus", readDeviceRequest),
    group_add: fields.texts("group_add"),
    healthcheck: fields.one("healthcheck", readHealthcheck),
    hostname: fields.text("hostname"),
    init: fields.flag("init"),
    ipc: fields.text("ipc"),
    isolation: fields.text("isolation"),
    labels: fields.textMap("labels"),
    links: fields.texts("links"),
    logging: fields.one("logging", (logging) =>
      present({ driver: logging.text("driver"), options: logging.textMap("options") }),
    ),
    mac_address: fields.text("mac_address"),
    mem_limit: fields.bytes("mem_limit"),
    mem_reservation: fields.bytes("mem_reservation"),
    mem_swappiness: fields.integer("mem_swappiness"),
    memswap_limit: fields.bytes("memswap_limit"),
    models: fields.map("models", (_tree, model) =>
      present({ endpoint_var: model.text("endpoint_var"), model_var: model.text("model_var") }),
    ),
    network_mode: fields.text("network_mode"),
    networks: fields.map("networks", (_tree, network) => readServiceNetwork(network)),
    oom_kill_disable: fields.flag("oom_kill_disable"),
    oom_score_adj: fields.integer("oom_score_adj"),
    pid: fields.text("pid"),
    pids_limit: fields.integer("pids_limit"),
    platform: fields.text("platform"),
    ports: fields.list("ports", readPort),
    post_start: fields.list("post_start", readHook),
    pre_stop: fields.list("pre_stop", readHook),
    privileged: fields.flag("privileged"),
    profiles: fields.texts("profiles"),
    provider: fields.one("provider", readProvider),
    pull_policy: fields.text("pull_policy"),
    pull_refresh_after: fields.duration("pull_refresh_after"),
    read_only: fields.flag("read_only"),
    restart: fields.text("restart"),
    runtime: fields.text("runtime"),
    scale,
    secrets: fields.list("secrets", readMount),
    security_opt: fields.texts("security_opt"),
    shm_size: fields.bytes("shm_size"),
    stdin_open: fields.flag("stdin_open"),
    stop_grace_period: fields.duration("stop_grace_period"),
    stop_signal: fields.text("stop_signal"),
    storage_opt: fields.textMap("storage_opt"),
    sysctls: fields.textMap("sysctls"),
    tmpfs: fields.texts("tmpfs"),
    tty: fields.flag("tty"),
    ulimits: readUlimits(fields),
    use_api_socket: fields.flag("use_api_socket"),
    user: fields.text("user"),
    userns_mode: fields.text("userns_mode"),
    uts: fields.text("uts"),
    volumes: fields.list("volumes", readVolume),
    volumes_from: fields.texts("volumes_from"),
    working_dir: fields.text("working_dir"),
  });
}

/** `dns: ""` is how a variable without a value looks: no server is meant. */
function withoutEmpty(texts: readonly string[] | undefined): readonly string[] | undefined {
  const kept = texts?.filter((text) => text !== "");
  return kept?.length === 0 ? undefined : kept;
}

/** A number of microseconds, or a duration. */
function microseconds(fields: Fields, key: string): number | undefined {
  const text = fields.text(key);
  if (text === undefined || /^-?\d+$/.test(text)) return fields.integer(key);
  const ms = fields.duration(key);
  return ms === undefined ? undefined : Math.round(ms * 1000);
}
