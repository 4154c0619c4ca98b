import type { ComposeDeviceRequest } from "../../../compose/deploy-model.ts";
import type { ComposeBlkio, ComposeThrottle } from "../../../compose/part-models.ts";
import type { ComposeService } from "../../../compose/service-model.ts";
import type { Blkio, Device, DeviceRequest, Resources } from "../../../../core/ports/container-spec.ts";
import { present } from "../../../compose/decode/fields.ts";

/**
 * Limits and devices. What `deploy.resources` says is stronger than the older keys beside it (docker/compose,
 * pkg/compose/create.go: getDeployResources), and where both speak they agree. 0 means what absence means.
 */
export function resourcesOf(service: ComposeService): Resources | undefined {
  const { limits, reservations } = service.deploy?.resources ?? {};
  const { devices, cdi } = devicesOf(service);
  const requests = [
    ...cdi,
    // A GPU is asked for, whatever else the device is to be able to do.
    ...(service.gpus ?? []).map((request) => deviceRequest(request, ["gpu"])),
    ...(reservations?.devices ?? []).map((request) => deviceRequest(request, [])),
  ];
  const cpus = unlessZero(limits?.cpus) ?? unlessZero(service.cpus);
  const found: Resources = present({
    nanoCpus: cpus === undefined ? undefined : Math.round(cpus * 1e9),
    cpuShares: unlessZero(service.cpu_shares),
    cpuset: service.cpuset === "" ? undefined : service.cpuset,
    cpuQuotaMicros: unlessZero(service.cpu_quota),
    cpuPeriodMicros: unlessZero(service.cpu_period),
    cpuRealtimePeriodMicros: unlessZero(service.cpu_rt_period),
    cpuRealtimeRuntimeMicros: unlessZero(service.cpu_rt_runtime),
    memoryBytes: unlessZero(limits?.memory) ?? unlessZero(service.mem_limit),
    memoryReservationBytes: unlessZero(reservations?.memory) ?? unlessZero(service.mem_reservation),
    memorySwapBytes: unlessZero(service.memswap_limit),
    memorySwappiness: unlessZero(service.mem_swappiness),
    disableOomKill: service.oom_kill_disable === true ? true : undefined,
    oomScoreAdjust: unlessZero(service.oom_score_adj),
    pidsLimit: unlessZero(limits?.pids) ?? unlessZero(service.pids_limit),
    shmBytes: unlessZero(service.shm_size),
    blkio: service.blkio_config === undefined ? undefined : blkioOf(service.blkio_config),
    ulimits: unlessNone(service.ulimits),
    devices: unlessNone(devices),
    deviceCgroupRules: unlessNone(service.device_cgroup_rules),
    deviceRequests: unlessNone(requests),
  });
  return Object.keys(found).length === 0 ? undefined : found;
}

const unlessZero = (value: number | undefined): number | undefined => (value === 0 ? undefined : value);

function unlessNone<T extends { readonly length: number } | { readonly size: number }>(
  values: T | undefined,
): T | undefined {
  if (values === undefined) return undefined;
  return ("size" in values ? values.size : values.length) === 0 ? undefined : values;
}

/** `vendor.com/class=name`, a name of the Container Device Interface, is asked for and not mapped (CDI specification). */
const isCdiName = (name: string): boolean => /^[a-zA-Z][\w.-]*\/[a-zA-Z][\w.-]*=[\w.:-]+$/.test(name);

function devicesOf({ devices = [] }: ComposeService): {
  readonly devices: readonly Device[];
  readonly cdi: readonly DeviceRequest[];
} {
  const isCdi = ({ source, target }: (typeof devices)[number]): boolean => source === target && isCdiName(source);
  const names = devices.filter(isCdi).map(({ source }) => source);
  return {
    devices: devices
      .filter((device) => !isCdi(device))
      .map(({ source, target, permissions }) => ({ hostPath: source, containerPath: target, permissions })),
    cdi: names.length === 0 ? [] : [{ driver: "cdi", deviceIds: names, capabilities: [] }],
  };
}

function deviceRequest(request: ComposeDeviceRequest, more: readonly string[]): DeviceRequest {
  const { capabilities = [], count, device_ids, driver, options } = request;
  return {
    capabilities: [[...new Set([...capabilities, ...more])]],
    ...present({ count, deviceIds: device_ids, driver, options }),
  };
}

function blkioOf(blkio: ComposeBlkio): Blkio {
  const rates = (devices: readonly ComposeThrottle[] | undefined): ReadonlyMap<string, number> | undefined =>
    devices === undefined ? undefined : new Map(devices.map(({ path, rate }) => [path, rate]));
  return present({
    weight: unlessZero(blkio.weight),
    weightDevices:
      blkio.weight_device === undefined
        ? undefined
        : new Map(blkio.weight_device.map(({ path, weight }) => [path, weight])),
    readBytesPerSecond: rates(blkio.device_read_bps),
    writeBytesPerSecond: rates(blkio.device_write_bps),
    readOperationsPerSecond: rates(blkio.device_read_iops),
    writeOperationsPerSecond: rates(blkio.device_write_iops),
  });
}
