import type { ComposeMount, ComposePort, ComposeServiceVolume } from "../part-models.ts";
import { isAddress, protocols } from "../short/ports.ts";
import { present, type Fields } from "./fields.ts";

/** A config or a secret. */
export function readMount(fields: Fields): ComposeMount | undefined {
  const source = fields.text("source");
  if (source === undefined || source === "") {
    fields.refuse("CONFIG_TYPE", undefined, `\`${fields.name()}\` does not say what it mounts`, "write `source: NAME`");
    return undefined;
  }
  return {
    source,
    ...present({
      target: fields.text("target"),
      uid: fields.text("uid"),
      gid: fields.text("gid"),
      mode: fields.mode("mode"),
    }),
  };
}

export function readPort(fields: Fields): ComposePort | undefined {
  const target = fields.integer("target");
  if (target === undefined || target < 1 || target > 65_535) {
    const what = `\`${fields.name()}\` names no port of the container`;
    fields.refuse("CONFIG_TYPE", "target", what, "write `target: PORT`, from 1 to 65535");
    return undefined;
  }
  const protocol = fields.text("protocol") ?? "tcp";
  if (!protocols.has(protocol)) {
    const what = `\`${fields.name("protocol")}\` must be one of ${[...protocols].join(", ")}; found ${JSON.stringify(protocol)}`;
    fields.refuse("CONFIG_TYPE", "protocol", what, "correct the value");
  }
  const hostIp = fields.text("host_ip");
  if (hostIp !== undefined && !isAddress(hostIp)) {
    fields.refuse(
      "CONFIG_TYPE",
      "host_ip",
      `\`${fields.name("host_ip")}\` is no IP address`,
      "write 127.0.0.1, or leave it out",
    );
  }
  const published = fields.text("published");
  if (published !== undefined && !/^(?:\d{1,5}(?:-\d{1,5})?)?$/.test(published)) {
    fields.refuse(
      "CONFIG_TYPE",
      "published",
      `\`${fields.name("published")}\` is no port`,
      "write a port, or a range: 8000-8010",
    );
  }
  return {
    target,
    protocol,
    mode: fields.text("mode") ?? "ingress",
    ...present({
      published: published === "" || published === "0" ? undefined : published,
      host_ip: hostIp,
      name: fields.text("name"),
      app_protocol: fields.text("app_protocol"),
    }),
  };
}

export function readVolume(fields: Fields): ComposeServiceVolume | undefined {
  const type = fields.word("type", ["bind", "volume", "tmpfs", "cluster", "npipe", "image"]);
  const target = fields.text("target");
  if (type === undefined) return undefined;
  if (target === undefined || target === "") {
    fields.refuse(
      "CONFIG_TYPE",
      undefined,
      `\`${fields.name()}\` does not say where it is mounted`,
      "write `target: /PATH`",
    );
    return undefined;
  }
  const source = fields.text("source");
  if (type === "bind" && source === undefined) {
    fields.refuse("CONFIG_TYPE", undefined, `\`${fields.name()}\` is a bind mount of nothing`, "write `source: /PATH`");
  }
  return {
    type,
    target,
    ...present({
      source: source === "" ? undefined : source,
      read_only: fields.flag("read_only"),
      consistency: fields.text("consistency"),
      bind: fields.one("bind", (bind) =>
        present({
          propagation: bind.text("propagation"),
          create_host_path: bind.flag("create_host_path"),
          recursive: bind.word("recursive", ["enabled", "disabled", "writable", "readonly"]),
          selinux: bind.word("selinux", ["z", "Z"]),
        }),
      ),
      volume: fields.one("volume", (volume) =>
        present({ nocopy: volume.flag("nocopy"), subpath: volume.text("subpath"), labels: volume.textMap("labels") }),
      ),
      tmpfs: fields.one("tmpfs", (tmpfs) => present({ size: tmpfs.bytes("size"), mode: tmpfs.mode("mode") })),
      image: fields.one("image", (image) => present({ subpath: image.text("subpath") })),
    }),
  };
}
