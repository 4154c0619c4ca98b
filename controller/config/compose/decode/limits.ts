import type { ComposeDeviceRequest } from "../deploy-model.ts";
import type { ComposeBlkio, ComposeDevice, ComposeThrottle, ComposeUlimit } from "../part-models.ts";
import { present, type Fields } from "./fields.ts";

export function readUlimits(fields: Fields): ReadonlyMap<string, ComposeUlimit> | undefined {
  return fields.map("ulimits", (_tree, ulimit) => {
    const [soft, hard] = [ulimit.integer("soft"), ulimit.integer("hard")];
    return soft === undefined || hard === undefined ? undefined : { soft, hard };
  });
}

export function readBlkio(fields: Fields): ComposeBlkio {
  const throttle = (device: Fields): ComposeThrottle | undefined => {
    const [path, rate] = [device.text("path"), device.bytes("rate")];
    return path === undefined || rate === undefined ? undefined : { path, rate };
  };
  return present({
    weight: fields.integer("weight"),
    weight_device: fields.list("weight_device", (device) => {
      const [path, weight] = [device.text("path"), device.integer("weight")];
      return path === undefined || weight === undefined ? undefined : { path, weight };
    }),
    device_read_bps: fields.list("device_read_bps", throttle),
    device_read_iops: fields.list("device_read_iops", throttle),
    device_write_bps: fields.list("device_write_bps", throttle),
    device_write_iops: fields.list("device_write_iops", throttle),
  });
}

export function readDevice(fields: Fields): ComposeDevice | undefined {
  const [source, target, permissions] = [fields.text("source"), fields.text("target"), fields.text("permissions")];
  if (source === undefined || target === undefined || permissions === undefined) return undefined;
  return { source, target, permissions };
}

export function readDeviceRequest(fields: Fields): ComposeDeviceRequest {
  const [count, ids] = [fields.integer("count"), fields.texts("device_ids")];
  if (count !== undefined && ids !== undefined) {
    const what = `\`${fields.name()}\` has both \`count\` and \`device_ids\``;
    fields.refuse("COMPOSE_CONFLICT", "count", what, "keep one of them");
  }
  return present({
    capabilities: fields.texts("capabilities"),
    count,
    device_ids: ids,
    driver: fields.text("driver"),
    options: fields.textMap("options"),
  });
}
